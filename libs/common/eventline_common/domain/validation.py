"""What is wrong with a value, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValidationError:
    """A rule that a value breaks; `pointer` is a JSON pointer into the whole document."""

    pointer: str
    code: str
    message: str
