"""What is written down while the program runs: JSON for machines, short lines for people."""
