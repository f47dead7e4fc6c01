"""What is traded, at which prices, at what fee, and who offers it. Pure."""
