"""What the API does with its database before it listens."""
