"""What survives: intents, orders, fills, baskets. The only room that knows SQL."""
