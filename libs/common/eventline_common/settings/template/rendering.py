"""Renders a parsed template."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from eventline_common.settings.template.comparison import is_true
from eventline_common.settings.template.errors import FunctionError, TemplateError
from eventline_common.settings.template.functions import SHORT_CIRCUIT, Function, call, functions
from eventline_common.settings.template.nodes import (
    Break,
    Command,
    Continue,
    Dot,
    Fields,
    FunctionName,
    If,
    Literal,
    Nil,
    Node,
    Operand,
    Output,
    Pipeline,
    Range,
    Text,
    Variable,
    With,
)
from eventline_common.settings.template.parser import parse_template
from eventline_common.settings.template.printing import plain, type_name

NO_VALUE = "<no value>"
_ROUNDS = 100_000


class _Stop(Exception):
    pass


class _Next(Exception):
    pass


class _Renderer:
    def __init__(self, functions: Mapping[str, Function], given: object) -> None:
        self._functions = functions
        self._scopes: list[dict[str, object]] = [{"$": given}]
        self._parts: list[str] = []
        self._rounds = 0

    def text(self, nodes: Sequence[Node], dot: object) -> str:
        self._nodes(nodes, dot)
        return "".join(self._parts)

    def _nodes(self, nodes: Sequence[Node], dot: object) -> None:
        for node in nodes:
            match node:
                case Text():
                    self._parts.append(node.text)
                case Output():
                    self._output(node, dot)
                case If() | With():
                    self._choose(node, dot)
                case Range():
                    self._range(node, dot)
                case Break():
                    raise _Stop
                case Continue():
                    raise _Next

    def _output(self, node: Output, dot: object) -> None:
        value = self._pipeline(node.pipeline, dot)
        if not node.pipeline.variables:
            self._parts.append(NO_VALUE if value is None else plain(value))

    def _inner(self, nodes: Sequence[Node], dot: object) -> None:
        depth = len(self._scopes)
        self._scopes.append({})
        try:
            self._nodes(nodes, dot)
        finally:
            del self._scopes[depth:]

    def _choose(self, node: If | With, dot: object) -> None:
        self._scopes.append({})
        value = self._pipeline(node.pipeline, dot)
        if not is_true(value):
            self._inner(node.otherwise, dot)
        else:
            self._inner(node.body, value if isinstance(node, With) else dot)
        self._scopes.pop()

    def _range(self, node: Range, dot: object) -> None:
        depth = len(self._scopes)
        self._scopes.append({})
        value = self._pipeline(node.pipeline, dot, store=False)
        elements = list(self._elements(value, node.pipeline.line))
        with suppress(_Stop):
            for key, element in elements:
                self._round(node, key, element)
        del self._scopes[depth:]
        if not elements:
            self._inner(node.otherwise, dot)

    def _round(self, node: Range, key: object, element: object) -> None:
        self._rounds += 1
        if self._rounds > _ROUNDS:
            raise TemplateError(f"more than {_ROUNDS} rounds of range", line=node.pipeline.line)
        names = node.pipeline.variables
        for name, value in zip(reversed(names), (element, key), strict=False):
            self._store(name, value, declares=node.pipeline.declares)
        with suppress(_Next):
            self._inner(node.body, element)

    @staticmethod
    def _elements(value: object, line: int) -> Iterator[tuple[object, object]]:
        match value:
            case None:
                return
            case Mapping():
                yield from ((key, value[key]) for key in sorted(value))
            case bool() | str() | float():
                raise TemplateError(f"range cannot walk over {type_name(value)}", line=line)
            case int():
                yield from ((number, number) for number in range(min(value, _ROUNDS + 1)))
            case Sequence():
                yield from enumerate(value)

    def _pipeline(self, pipeline: Pipeline, dot: object, *, store: bool = True) -> object:
        value: object = None
        for position, command in enumerate(pipeline.commands):
            value = self._command(command, dot, () if position == 0 else (value,))
        if store:
            for name in pipeline.variables:
                self._store(name, value, declares=pipeline.declares)
        return value

    def _store(self, name: str, value: object, *, declares: bool) -> None:
        scope = self._scopes[-1]
        if not declares:
            scope = next(scope for scope in reversed(self._scopes) if name in scope)
        scope[name] = value

    def _command(self, command: Command, dot: object, piped: tuple[object, ...]) -> object:
        first = command.operands[0]
        if not isinstance(first, FunctionName):
            if piped:
                raise TemplateError("only a function can take the value of a pipe", line=command.line)
            return self._value(first, dot, command.line)
        if first.name in SHORT_CIRCUIT:
            return self._short_circuit(first.name, command, dot, piped)
        arguments = [self._value(operand, dot, command.line) for operand in command.operands[1:]]
        return self._call(first.name, [*arguments, *piped], command.line)

    def _short_circuit(self, name: str, command: Command, dot: object, piped: tuple[object, ...]) -> object:
        value: object = None
        for operand in command.operands[1:]:
            value = self._value(operand, dot, command.line)
            if is_true(value) is SHORT_CIRCUIT[name]:
                return value
        if not piped and len(command.operands) == 1:
            raise TemplateError(f"{name} takes at least 1 argument, not 0", line=command.line)
        return piped[0] if piped else value

    def _call(self, name: str, arguments: Sequence[object], line: int) -> object:
        try:
            return call(name, self._functions[name], arguments)
        except FunctionError as error:
            raise TemplateError(str(error), line=line) from error

    def _value(self, operand: Operand, dot: object, line: int) -> object:
        match operand:
            case Literal():
                return operand.value
            case Nil():
                return None
            case Dot():
                return dot
            case Variable():
                return next(scope[operand.name] for scope in reversed(self._scopes) if operand.name in scope)
            case FunctionName():
                return self._command(Command((operand,), line), dot, ())
            case Fields():
                return self._member(operand, dot, line)
            case Pipeline():
                return self._pipeline(operand, dot)

    def _member(self, operand: Fields, dot: object, line: int) -> object:
        value = self._value(operand.operand, dot, line)
        for name in operand.names:
            if value is None:
                return None
            if not isinstance(value, Mapping):
                raise TemplateError(f'{type_name(value)} has no member "{name}"', line=line)
            value = value.get(name)
        return value


def render_template(source: str, env: Mapping[str, str], *, given: object = None) -> str:
    """Render a template of Go's text/template language (service-config.md, section 2).

    `env` is what the function of this name reads, `given` what the template sees as `.` and `$`. Raises TemplateError,
    which names the line.
    """
    available = functions(env)
    return _Renderer(available, given).text(parse_template(source, functions=available), given)
