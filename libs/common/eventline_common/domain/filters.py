"""Whether an event matches the filters of a trigger (handbook 2.5, contract job-spec, section 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from eventline_common.domain import json_pointer

_LONGEST_EXPRESSION = 10_000
# What RE2 may use for one expression, and how many of them are kept: together a bound on memory.
_EXPRESSION_MEMORY = 4 * 1024 * 1024
_KEPT_EXPRESSIONS = 256


class InvalidExpression(ValueError):
    """The text is not a regular expression that RE2 accepts."""


def compile_expression(text: str) -> Any:
    """Compile a regular expression in RE2 syntax; matching takes linear time whatever it says."""
    if len(text) > _LONGEST_EXPRESSION:
        raise InvalidExpression(f"a regular expression may have {_LONGEST_EXPRESSION} characters, not {len(text)}")
    try:
        return _compile(text)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error
        raise InvalidExpression(f"invalid regular expression: {reason}") from error


@lru_cache(maxsize=_KEPT_EXPRESSIONS)
def _compile(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _EXPRESSION_MEMORY
    return re2.compile(text, options)


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """One filter; a predicate that is None is absent."""

    path: Sequence[str]
    is_equal_to: object | None
    is_not_equal_to: object | None
    expression: Any
    excluded_expression: Any

    def matches(self, data: object) -> bool:
        """Apply every predicate to the value at the path; no value, or null, never matches."""
        value = json_pointer.resolve(self.path, data)
        if value is None:
            return False
        if self.is_equal_to is not None and not equal(value, self.is_equal_to):
            return False
        if self.is_not_equal_to is not None and equal(value, self.is_not_equal_to):
            return False
        return self._matches_expressions(value)

    def _matches_expressions(self, value: object) -> bool:
        if self.expression is None and self.excluded_expression is None:
            return True
        if not isinstance(value, str):
            return False
        if self.expression is not None and self.expression.search(value) is None:
            return False
        return self.excluded_expression is None or self.excluded_expression.search(value) is None


def compile_filter(stored: Mapping[str, Any]) -> CompiledFilter:
    """Compile a filter as it is stored; raises ValueError for what no deployment would have let through."""
    return CompiledFilter(
        path=json_pointer.parse(stored.get("path") or ""),
        is_equal_to=stored.get("is_equal_to"),
        is_not_equal_to=stored.get("is_not_equal_to"),
        expression=compile_expression(stored["matches"]) if stored.get("matches") else None,
        excluded_expression=compile_expression(stored["does_not_match"]) if stored.get("does_not_match") else None,
    )


def matches(stored: Sequence[Mapping[str, Any]] | None, data: object) -> bool:
    """Tell whether event data match all stored filters; none always match."""
    return all(compile_filter(each).matches(data) for each in stored or ())


def equal(a: object, b: object) -> bool:
    """Compare by JSON type and value: numbers as doubles, and a boolean is never a number."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return float(a) == float(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b
