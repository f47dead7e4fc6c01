"""What the texts of one question say: facts, each with the sentence it was read from. Pure."""
