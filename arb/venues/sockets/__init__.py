"""WebSocket connections that read in batches: everything that has arrived, with one await."""
