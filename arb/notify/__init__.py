"""Tell people who are elsewhere: what is worth it, how often, and over which service."""
