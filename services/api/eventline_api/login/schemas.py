"""Logging in, on the wire."""

from pydantic import BaseModel, Field


class CredentialsBody(BaseModel):
    """A user name and its password."""

    username: str = Field(min_length=1, examples=["admin"])
    password: str = Field(min_length=1, examples=["admin"])
