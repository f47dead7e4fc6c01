"""A simulated Polymarket: its REST and WebSocket protocols in front of the matching engine."""
