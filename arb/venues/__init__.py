"""The outside world: what a venue must offer, and the adapters that offer it."""
