"""Money: what there is, what is promised, what is held, what may be risked. Pure."""
