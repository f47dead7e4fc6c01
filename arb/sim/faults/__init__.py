"""Faults on demand: what a script or a person makes the simulated venues get wrong."""
