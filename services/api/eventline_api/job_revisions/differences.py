"""What differs between two specifications: pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from eventline_api.jobs.deployment import same_json


class Kind(StrEnum):
    """What happened to a value."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two JSON values differ; `before` or `after` means nothing where the value is not there."""

    pointer: str
    kind: Kind
    before: object
    after: object


def differences(before: object, after: object, pointer: str = "") -> Iterator[Difference]:
    """Return the smallest places in which two values differ, in the order of the pointers of objects."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, pointer)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_arrays(before, after, pointer)
    elif not same_json(before, after):
        yield Difference(pointer, Kind.CHANGED, before, after)


def unified_difference(before: object, after: object, *, names: tuple[str, str]) -> str:
    """Return the difference between two values written as indented JSON, as `diff -u` shows it."""
    lines = difflib.unified_diff(_lines(before), _lines(after), *names, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _of_objects(before: Mapping[str, object], after: Mapping[str, object], pointer: str) -> Iterator[Difference]:
    for name in sorted({*before, *after}):
        place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in after:
            yield Difference(place, Kind.REMOVED, before[name], None)
        elif name not in before:
            yield Difference(place, Kind.ADDED, None, after[name])
        else:
            yield from differences(before[name], after[name], place)


def _of_arrays(before: Sequence[object], after: Sequence[object], pointer: str) -> Iterator[Difference]:
    common = min(len(before), len(after))
    for index in range(common):
        yield from differences(before[index], after[index], f"{pointer}/{index}")
    for index in range(common, len(before)):
        yield Difference(f"{pointer}/{index}", Kind.REMOVED, before[index], None)
    for index in range(common, len(after)):
        yield Difference(f"{pointer}/{index}", Kind.ADDED, None, after[index])


def _lines(value: object) -> Sequence[str]:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode().splitlines()
