"""Compare what two questions say, one kind of fact a module. Pure."""
