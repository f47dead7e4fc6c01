"""Recorded frames as the flow of a market: what the real venue sent decides what the book here is."""
