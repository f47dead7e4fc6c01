"""What the commands do, once their words are read. The words are in `arb/cli`."""
