"""Proves every stop against simulated venues: real processes, real sockets, real signals."""
