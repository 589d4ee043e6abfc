"""GitHub: receives what its hooks deliver, and keeps the hooks (contract identities-connectors, sections 8 to 10)."""
