"""Made-up questions about the world, each in the words of both venues."""
