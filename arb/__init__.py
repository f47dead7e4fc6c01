"""A prediction-market arbitrage bot for Polymarket and Kalshi, on Trio."""

__version__ = "0.1.0"
