"""The Makefile and the locked requirements: what a new user meets first."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TARGETS = ("up", "status", "test", "check", "fmt", "bench", "chaos", "migration", "evcli", "lock", "clean")


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    text = (ROOT / "requirements" / file).read_text()
    return {normalized(name): version for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, re.MULTILINE)}


def wanted(*, development: bool) -> set[str]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {
        normalized(re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0])
        for extra, requirements in extras.items()
        if development or extra != "dev"
        for requirement in requirements
    }
    return names - {"eventline"}


def test_make_alone_lists_every_target_with_a_line() -> None:
    listed = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout

    for target in TARGETS:
        assert re.search(rf"^  {target} +\S", listed, re.MULTILINE), target


@pytest.mark.parametrize("file", ["all.txt", "dev.txt"])
def test_locked_requirements_hold_no_address_and_a_hash_for_each_package(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text()

    assert not re.search(r"://|index-url|find-links|trusted-host", text)
    for block in re.split(r"\n(?=\S)", text):
        assert block.startswith("#") or "--hash=sha256:" in block, block


def test_everything_that_the_project_names_is_locked() -> None:
    assert wanted(development=False) <= pins("all.txt").keys()
    assert wanted(development=True) <= pins("dev.txt").keys()


def test_both_locks_agree() -> None:
    development = pins("dev.txt")

    assert {name: development.get(name) for name in pins("all.txt")} == pins("all.txt")


def test_the_project_can_be_built_without_asking_a_registry() -> None:
    for file in ("all.txt", "dev.txt"):
        assert {"hatchling", "editables"} <= pins(file).keys()
