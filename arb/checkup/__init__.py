"""What `arb doctor` looks at before anything trades: this machine, the store, the venues."""
