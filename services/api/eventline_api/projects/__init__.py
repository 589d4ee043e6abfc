"""Projects, their settings, and their notification settings."""
