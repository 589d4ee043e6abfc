"""Subscriptions: what the triggers of jobs listen to, and what is wrong with it, if anything."""
