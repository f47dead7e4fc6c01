"""Lists of terms, as data; each entry has a test."""
