"""A simulated Kalshi: its REST and WebSocket protocols in front of the matching engine."""
