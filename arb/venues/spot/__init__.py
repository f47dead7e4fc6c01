"""Streams of spot prices: Polymarket's own first, an exchange's ticker as the second witness."""
