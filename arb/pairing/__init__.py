"""Which markets ask the same question on both venues, and why not. Pure."""
