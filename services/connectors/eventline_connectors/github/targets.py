"""What a hook is for: an organization, or one repository of it."""

import re
from dataclasses import dataclass

_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class Target:
    """An organization, and a repository of it unless that is empty. GitHub does not care about upper and lower case."""

    organization: str
    repository: str = ""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read `<organization>` or `<organization>:<repository>`; raise ValueError."""
        organization, separator, repository = text.partition(":")
        if not _ORGANIZATION.fullmatch(organization) or (separator and not _REPOSITORY.fullmatch(repository)):
            raise ValueError(f'"{text[:200]}" is not <organization> or <organization>:<repository>')
        return cls(organization, repository)

    @property
    def key(self) -> str:
        """The target in lower case: two with the same key are the same."""
        return str(self).lower()

    def __str__(self) -> str:
        return f"{self.organization}:{self.repository}" if self.repository else self.organization
