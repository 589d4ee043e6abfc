"""The functions that a configuration file may call: our own three and Go's built-in ones."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote_plus

from eventline_common.settings.template import comparison
from eventline_common.settings.template.errors import FunctionError
from eventline_common.settings.template.printing import format_values, plain, print_values, quoted, type_name

Function = Callable[..., object]

# These see their arguments one by one, and stop as soon as the answer is known.
SHORT_CIRCUIT: Mapping[str, bool] = {"and": False, "or": True}

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})
_JS = str.maketrans(
    {
        **{number: f"\\u{number:04X}" for number in (*range(32), *map(ord, "<>&="))},
        **{ord(character): f"\\{character}" for character in "\\'\""},
    }
)


def functions(env: Mapping[str, str]) -> Mapping[str, Function]:
    """Give all functions by name; `env` reads the given variables."""

    def env_variable(name: object) -> str:
        return env.get(_text("env", name), "")

    return {"env": env_variable, **_FUNCTIONS, **dict.fromkeys(SHORT_CIRCUIT, _short_circuit)}


def call(name: str, function: Function, arguments: Sequence[object]) -> object:
    """Call a function; raise FunctionError when the arguments are too many, too few or of the wrong type."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        wanted = _arity(function)
        raise FunctionError(f"{name} takes {wanted}, not {len(arguments)}") from error
    try:
        return function(*arguments)
    except FunctionError as error:
        raise FunctionError(f"{name}: {error}") from error


def _arity(function: Function) -> str:
    parameters = inspect.signature(function).parameters.values()
    fixed = sum(parameter.kind is not parameter.VAR_POSITIONAL for parameter in parameters)
    noun = "argument" if fixed == 1 else "arguments"
    return f"{fixed} {noun}" if fixed == len(parameters) else f"at least {fixed} {noun}"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise FunctionError(f"{name} needs a string, not {type_name(value)}")
    return value


def _quote(text: object) -> str:
    return quoted(_text("quote", text))


def _split(separator: object, text: object) -> list[str]:
    between, given = _text("split", separator), _text("split", text)
    return given.split(between) if between else list(given)


def _short_circuit(*_values: object) -> object:
    raise AssertionError("evaluated argument by argument")


def _length(value: object) -> int:
    match value:
        case str():
            return len(value.encode("utf-8", "surrogateescape"))
        case Mapping() | Sequence():
            return len(value)
    raise FunctionError(f"{type_name(value)} has no length")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        value = _element(value, key)
    return value


def _element(value: object, key: object) -> object:
    match value:
        case Mapping():
            return value.get(key)
        case str():
            return value.encode("utf-8", "surrogateescape")[_position(value.encode("utf-8", "surrogateescape"), key)]
        case Sequence():
            return value[_position(value, key)]
    raise FunctionError(f"{type_name(value)} has no elements")


def _position(value: Sequence[object], key: object) -> int:
    if isinstance(key, bool) or not isinstance(key, int):
        raise FunctionError(f"a position is an integer, not {type_name(key)}")
    if not 0 <= key < len(value):
        raise FunctionError(f"there is no element {key}; there are {len(value)}, counted from 0")
    return key


def _slice(value: object, *bounds: object) -> object:
    if not isinstance(value, str | list) or len(bounds) > 2:
        raise FunctionError(f"{type_name(value)} cannot be sliced with {len(bounds)} positions")
    positions = [_position([*value, None], bound) for bound in bounds]
    start, end = (*positions, *(0, len(value))[len(positions) :])
    if start > end:
        raise FunctionError(f"there is nothing from {start} to {end}")
    return value[start:end]


def _not(value: object) -> bool:
    return not comparison.is_true(value)


def _print(*values: object) -> str:
    return print_values(values)


def _printf(template: object, *values: object) -> str:
    return format_values(_text("printf", template), values)


def _println(*values: object) -> str:
    return " ".join(plain(value) for value in values) + "\n"


def _html(*values: object) -> str:
    return print_values(values).translate(_HTML)


def _js(*values: object) -> str:
    return print_values(values).translate(_JS)


def _urlquery(*values: object) -> str:
    return quote_plus(print_values(values), safe="")


_FUNCTIONS: Mapping[str, Function] = {
    "quote": _quote,
    "split": _split,
    "not": _not,
    "eq": comparison.equal,
    "ne": comparison.not_equal,
    "lt": comparison.less,
    "le": comparison.less_or_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_or_equal,
    "len": _length,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "printf": _printf,
    "println": _println,
    "html": _html,
    "js": _js,
    "urlquery": _urlquery,
}
