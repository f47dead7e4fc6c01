"""The dashboard: a projection of the board for browsers. It reads, and gives operators' verbs."""
