"""Spot prices of coins on the simulated venues, and the questions that are settled by them."""
