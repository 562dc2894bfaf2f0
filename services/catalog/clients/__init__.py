"""Service clients: systems that act for themselves, with OAuth 2.0 client credentials (RFC 6749 section 4.4)."""
