"""What to do next with a basket that is being bought, or was bought by half. Pure."""
