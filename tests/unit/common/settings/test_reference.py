"""Every setting is in the reference with its default, and the reference names nothing else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, get_args, get_type_hints

import pytest

from eventline_common.settings import HttpServerSettings, Settings

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "settings.md"
ROW = re.compile(r"^\| `(?P<member>[^`]+)` \| [^|]+ \| (?P<default>[^|]*) \| [^|]*\|$", re.MULTILINE)
SERVER = "<server>"


def documented() -> list[tuple[str, str]]:
    return [(row["member"], row["default"]) for row in ROW.finditer(REFERENCE.read_text())]


def dataclass_within(hint: Any) -> type | None:
    """Give the dataclass in `X`, `X | None`, `tuple[X, ...]` or `Mapping[str, X]`."""
    return next((part for part in (hint, *get_args(hint)) if isinstance(part, type) and is_dataclass(part)), None)


def default_of(field: "Field[Any]") -> object:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def shown(value: object) -> str:
    """Give a default as the reference writes it."""
    match value:
        case None | "" | b"" | ():
            return "–"
        case bool():
            return f"`{str(value).lower()}`"
        case StrEnum() | PurePath() | str():
            return f"`{value}`"
        case int() | float():
            return f"`{value:.10g}`"
        case tuple():
            return ", ".join(f"`{element}`" for element in value)
        case HttpServerSettings():
            return f"`{value.address}`"
        case Mapping():
            return "–"
    return "required"


def expected(settings: type, prefix: str = "") -> Iterator[tuple[str, str]]:
    hints = get_type_hints(settings)
    for field in fields(settings):
        inner, default = dataclass_within(hints[field.name]), default_of(field)
        name = f"{prefix}{field.name}"
        if inner is HttpServerSettings:
            yield name, shown(default)
            continue
        if inner is None or default is None or default == ():
            yield name, "see rule" if name == f"{SERVER}.address" else shown(default)
        if inner is not None:
            between = {"Mapping": ".<name>.", "tuple": "[]."}
            kind = getattr(hints[field.name], "__origin__", None)
            yield from expected(inner, name + between.get(getattr(kind, "__name__", ""), "."))


def all_expected() -> dict[str, str]:
    return dict([*expected(Settings), *expected(HttpServerSettings, f"{SERVER}.")])


def test_every_setting_is_documented() -> None:
    assert sorted(set(all_expected()) - {member for member, _ in documented()}) == []


def test_nothing_else_is_documented_and_nothing_twice() -> None:
    members = [member for member, _ in documented()]
    assert sorted(set(members) - set(all_expected())) == []
    assert len(members) == len(set(members))


@pytest.mark.parametrize(("member", "default"), documented())
def test_the_documented_default_is_the_real_one(member: str, default: str) -> None:
    assert all_expected().get(member) == default
