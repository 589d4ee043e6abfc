"""What can be wrong with a template."""


class TemplateError(Exception):
    """The template cannot be read or rendered; the text names the line."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class FunctionError(Exception):
    """A function cannot work with its arguments; whoever calls it knows the line."""
