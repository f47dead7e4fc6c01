"""Who trades on the simulated venues, and what happens there: quotes, noise, news, traps, endings."""
