"""Build ids, `v<major>.<minor>.<patch>` with an optional `-<commits>-<revision>`, and their order (evcli, 9)."""

import re

from evcli.errors import EvcliError

_PATTERN = re.compile(r"v(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-(\d{1,9})-([0-9a-zA-Z]+))?")


def parse_build_id(text: str) -> tuple[int, int, int, int]:
    """Return the numbers of a build id, the count of commits last; raise EvcliError if it is none."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise EvcliError(f'invalid build id "{text}": it must look like v2.0.0 or v2.0.0-12-1a2b3c4')
    major, minor, patch, commits, _ = match.groups()
    return int(major), int(minor), int(patch), int(commits or 0)


def is_newer(build_id: str, other: str) -> bool:
    """Whether a build is newer than another one."""
    return parse_build_id(build_id) > parse_build_id(other)
