"""Parameters of `execute-job` and fields of identities: from `name=value` to JSON (contract job-spec, section 5)."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from evcli.errors import EvcliError

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_LARGEST_INTEGER: Final = (1 << 63) - 1


def parse_parameters(arguments: Sequence[str], declared: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values given for the parameters of a job; raise EvcliError if they do not fit its declarations."""
    by_name = {str(parameter["name"]): parameter for parameter in declared}
    values: dict[str, Any] = {}
    for argument in arguments:
        name, separator, text = argument.partition("=")
        if not separator:
            raise EvcliError(f'invalid parameter "{argument}": it must look like <name>=<value>')
        if name not in by_name:
            known = f"parameters: {', '.join(sorted(by_name))}" if by_name else "the job has no parameters"
            raise EvcliError(f'unknown parameter "{name}"; {known}')
        values[name] = _convert(name, str(by_name[name].get("type")), text)
    for name, parameter in by_name.items():
        if name not in values and parameter.get("default") is None:
            raise EvcliError(f'missing value for parameter "{name}", which has no default')
    return values


def parse_fields(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the data of an identity: `<key>=<text>`, or `<key>:=<JSON>` for what is no string, such as a list."""
    fields: dict[str, Any] = {}
    for argument in arguments:
        key, separator, text = argument.partition("=")
        name = key.removesuffix(":")
        if not separator or not name:
            raise EvcliError(f'invalid field "{argument}": it must look like <key>=<value>')
        fields[name] = text if name == key else _decode(name, text)
    return fields


def _convert(name: str, type: str, text: str) -> Any:
    match type:
        case "integer":
            value: Any = _integer(text)
        case "number":
            value = _number(text)
        case "boolean":
            value = {"true": True, "false": False}.get(text.lower())
        case _:
            return text
    if value is None:
        raise EvcliError(f'invalid value "{text}" for parameter "{name}": it must be {_article(type)} {type}')
    return value


def _integer(text: str) -> int | None:
    if _INTEGER.fullmatch(text) is None:
        return None
    value = int(text)
    return value if -_LARGEST_INTEGER - 1 <= value <= _LARGEST_INTEGER else None


def _number(text: str) -> int | float | None:
    integer = _integer(text)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _decode(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise EvcliError(f'invalid value for field "{name}": {error}') from error


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
