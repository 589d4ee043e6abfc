"""Truth and order of values, as in Go's templates."""

from collections.abc import Mapping, Sequence

from eventline_common.settings.template.errors import FunctionError
from eventline_common.settings.template.printing import type_name


def is_true(value: object) -> bool:
    """Tell whether a value is neither false, 0, nil, nor empty."""
    match value:
        case None:
            return False
        case bool() | int() | float():
            return bool(value)
        case str() | Mapping() | Sequence():
            return len(value) > 0
    return True


def equal(value: object, *others: object) -> bool:
    """Tell whether the value equals any of the others; raise FunctionError for values of different kinds."""
    if not others:
        raise FunctionError("eq needs something to compare with")
    return any(_equal(value, other) for other in others)


def not_equal(value: object, other: object) -> bool:
    """Tell whether two values of one kind differ."""
    return not _equal(value, other)


def less(value: object, other: object) -> bool:
    """Tell whether the first of two values of one kind comes before the second."""
    match value, other:
        case (str(), str()):
            return value.encode("utf-8", "surrogateescape") < other.encode("utf-8", "surrogateescape")
        case (bool(), _) | (_, bool()):
            pass
        case (int(), int()):
            return value < other
        case (float(), float()):
            return value < other
    raise FunctionError(f"{type_name(value)} and {type_name(other)} have no order")


def less_or_equal(value: object, other: object) -> bool:
    """Tell whether the first does not come after the second."""
    return not less(other, value)


def greater(value: object, other: object) -> bool:
    """Tell whether the first comes after the second."""
    return less(other, value)


def greater_or_equal(value: object, other: object) -> bool:
    """Tell whether the first does not come before the second."""
    return not less(value, other)


def _equal(value: object, other: object) -> bool:
    for side in (value, other):
        if isinstance(side, Mapping | Sequence) and not isinstance(side, str):
            raise FunctionError(f"{type_name(side)} cannot be compared")
    if value is None or other is None:
        return value is other
    if type(value) is not type(other):
        raise FunctionError(f"{type_name(value)} cannot be compared with {type_name(other)}")
    return value == other
