"""Simulated venues: one matching engine, two protocol faces and an order flow between them."""
