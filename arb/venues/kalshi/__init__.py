"""Kalshi: its REST and WebSocket wire on one side, our messages on the other."""
