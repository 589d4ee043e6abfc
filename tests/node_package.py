"""Packages of npm that tests use: installed by `.ci/run` from `tests/node/package-lock.json`, never committed."""

from pathlib import Path

import pytest

_MODULES = Path(__file__).parent / "node" / "node_modules"


def node_package(name: str) -> Path:
    """Return the folder of an installed package; a test that needs a missing one is skipped and says what to do."""
    folder = _MODULES / name
    if not folder.is_dir():
        pytest.skip(f"the npm package {name} is missing: run `npm ci` in the folder tests/node (needs nodejs and npm)")
    return folder
