"""The API keys of the caller."""
