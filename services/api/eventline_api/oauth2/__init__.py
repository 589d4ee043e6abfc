"""OAuth2: identities that a person authorizes in a browser."""
