"""The words of the command line. Heavy things are imported inside the commands that need them."""
