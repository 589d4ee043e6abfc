"""Prints values as Go does: `%v`, `%q`, and the format strings of `printf`."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence

from eventline_common.settings.template.errors import FunctionError

_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<verb>.)?", re.DOTALL)
_WIDEST = 10_000
_TYPES: Mapping[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    type(None): "nil",
}


def type_name(value: object) -> str:
    """Give the type of a value with its article, for messages."""
    return _TYPES.get(type(value), "a list" if isinstance(value, Sequence) else "a map")


def plain(value: object) -> str:
    """Give the text of a value (`%v`)."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return float_text(value)
        case str():
            return value
        case Mapping():
            members = (f"{plain(name)}:{plain(value[name])}" for name in sorted(value))
            return f"map[{' '.join(members)}]"
        case Sequence():
            return f"[{' '.join(plain(element) for element in value)}]"
    return str(value)


def float_text(value: float) -> str:
    """Give the shortest text of a number; exponents from 1e+21 and below 1e-04 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    if value and not 1e-4 <= abs(value) < 1e21:
        mantissa, _, exponent = f"{value:e}".partition("e")
        digits = repr(value).lower().partition("e")[0]
        mantissa = digits.removesuffix(".0") if "e" in repr(value) else mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{exponent}"
    text = repr(value) if "e" not in repr(value) else f"{value:f}"
    return text.removesuffix(".0").removesuffix(".000000")


def quoted(text: str) -> str:
    """Give the text as a JSON string literal that YAML reads as the same text."""
    literal = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found.group()):04x}", literal)


def print_values(values: Sequence[object]) -> str:
    """Print values with a blank between two of which neither is a string (`print`)."""
    text = ""
    for position, value in enumerate(values):
        if position and not isinstance(value, str) and not isinstance(values[position - 1], str):
            text += " "
        text += plain(value)
    return text


def format_values(template: str, values: Sequence[object]) -> str:
    """Print values as a format string says (`printf`); raise FunctionError when they do not fit it."""
    remaining = list(values)

    def replaced(found: re.Match[str]) -> str:
        verb = found["verb"]
        if verb == "%":
            return "%"
        if verb not in _VERBS:
            raise FunctionError(
                f'"{found.group()}" is not a known verb; known verbs: {", ".join(f"%{v}" for v in _VERBS)}'
            )
        if not remaining:
            raise FunctionError(f'no value is left for "{found.group()}"')
        return _padded(_VERBS[verb](remaining.pop(0), found), found)

    text = _VERB.sub(replaced, template)
    if remaining:
        raise FunctionError(f"{len(remaining)} more values than verbs in the format string")
    return text


def _padded(text: str, found: re.Match[str]) -> str:
    width = int(found["width"] or 0)
    if width > _WIDEST:
        raise FunctionError(f"a width is at most {_WIDEST}")
    if "-" in found["flags"]:
        return text.ljust(width)
    if "0" in found["flags"] and found["verb"] in "dxXobfeg":
        return text.zfill(width)
    return text.rjust(width)


def _value(value: object, found: re.Match[str]) -> str:
    return _signed(plain(value), value, found)


def _text(value: object, found: re.Match[str]) -> str:
    if not isinstance(value, str):
        raise _mismatch(value, found, "a string")
    precision = found["precision"]
    return value if precision is None else value[: int(precision or 0)]


def _quoted(value: object, found: re.Match[str]) -> str:
    return quoted(_text(value, found))


def _boolean(value: object, found: re.Match[str]) -> str:
    if not isinstance(value, bool):
        raise _mismatch(value, found, "a boolean")
    return plain(value)


def _integer(form: str) -> Callable[[object, re.Match[str]], str]:
    def format_integer(value: object, found: re.Match[str]) -> str:
        if isinstance(value, str) and form in "xX":
            return value.encode().hex() if form == "x" else value.encode().hex().upper()
        if isinstance(value, bool) or not isinstance(value, int):
            raise _mismatch(value, found, "an integer")
        alternate = "#" if "#" in found["flags"] and form != "d" else ""
        return _signed(f"{value:{alternate}{form}}", value, found)

    return format_integer


def _character(value: object, found: re.Match[str]) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0x10FFFF:
        raise _mismatch(value, found, "a character")
    return chr(value)


def _float(form: str) -> Callable[[object, re.Match[str]], str]:
    def format_float(value: object, found: re.Match[str]) -> str:
        if not isinstance(value, float):
            raise _mismatch(value, found, "a number with a decimal point")
        precision = found["precision"]
        if form == "g" and precision is None:
            return _signed(float_text(value), value, found)
        return _signed(f"{value:.{6 if precision is None else int(precision or 0)}{form}}", value, found)

    return format_float


def _signed(text: str, value: object, found: re.Match[str]) -> str:
    if isinstance(value, str | bool) or not isinstance(value, int | float) or value < 0:
        return text
    if "+" in found["flags"]:
        return f"+{text}"
    return f" {text}" if " " in found["flags"] else text


def _mismatch(value: object, found: re.Match[str], wanted: str) -> FunctionError:
    return FunctionError(f'"{found.group()}" needs {wanted}, not {type_name(value)}')


_VERBS: Mapping[str, Callable[[object, re.Match[str]], str]] = {
    "v": _value,
    "s": _text,
    "q": _quoted,
    "t": _boolean,
    "c": _character,
    **{form: _integer(form) for form in "dxXob"},
    **{form: _float(form) for form in "feg"},
}
