"""Identities: what jobs need to prove who they are."""
