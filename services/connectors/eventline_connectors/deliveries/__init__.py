"""Deliveries of webhooks: stored as they come, answered, and made into events behind the answer."""
