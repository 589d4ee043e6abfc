"""The account of the caller."""
