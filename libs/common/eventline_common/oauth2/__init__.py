"""OAuth2 on the client's side: the authorization code grant (RFC 6749) with PKCE (RFC 7636), discovery, refreshing."""
