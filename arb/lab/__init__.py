"""Recordings: what the live program would have made of them."""
