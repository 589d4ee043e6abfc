"""Proving who you are with a user name and a password."""
