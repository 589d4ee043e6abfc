"""Events: reading and replaying them."""
