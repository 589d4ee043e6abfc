"""Keeps OAuth2 identities fresh (identities-connectors, section 6; G-38)."""
