"""Thin shells around the thinking: each owns something, receives, sends, and decides nothing."""
