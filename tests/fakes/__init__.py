"""Small venues and values to test with."""
