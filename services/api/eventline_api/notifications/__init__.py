"""Notifications: what a project was told, by which channels, and what became of it."""
