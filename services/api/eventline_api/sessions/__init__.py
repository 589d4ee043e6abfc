"""Web sessions: how the web interface, and people on it, stay logged in."""
