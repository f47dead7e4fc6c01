"""Which questions of two venues may be the same, found among all of them. Pure."""
