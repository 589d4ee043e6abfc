"""Parses what stands inside an action: pipelines of commands."""

from collections.abc import Collection, Sequence

from eventline_common.settings.template.errors import TemplateError
from eventline_common.settings.template.literals import read_character, read_number, read_string
from eventline_common.settings.template.nodes import (
    Command,
    Dot,
    Fields,
    FunctionName,
    Literal,
    Nil,
    Operand,
    Pipeline,
    Variable,
)
from eventline_common.settings.template.tokens import Kind, Token

_CONSTANTS = {"true": True, "false": False}


class ExpressionParser:
    """Parses the tokens of one action; `scopes` are the variables that are known, and grow by what is declared."""

    def __init__(self, tokens: Sequence[Token], line: int, functions: Collection[str], scopes: list[set[str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._line = line
        self._functions = functions
        self._scopes = scopes

    def pipeline_to_end(self, *, variables: int = 1) -> Pipeline:
        """Parse a pipeline that fills the rest of the action, naming at most so many variables."""
        pipeline = self._pipeline(variables=variables)
        if (token := self._peek()) is not None:
            raise self._error(f'unexpected "{token.text}"')
        return pipeline

    def _pipeline(self, *, variables: int) -> Pipeline:
        line = self._peek_line()
        names, declares = self._declared(variables)
        commands = [self._command()]
        while self._take(Kind.PIPE):
            command = self._command()
            if not isinstance(command.operands[0], FunctionName | Variable | Fields):
                raise TemplateError("only a function can take the value of a pipe", line=command.line)
            commands.append(command)
        if declares:
            self._scopes[-1].update(names)
        elif unknown := [name for name in names if not self._known(name)]:
            raise TemplateError(f'undefined variable "{unknown[0]}"', line=line)
        return Pipeline(tuple(commands), line, names, declares)

    def _declared(self, most: int) -> tuple[tuple[str, ...], bool]:
        """Take `$a :=`, `$a =`, or in a range `$a, $b :=`; what else begins with a variable is left alone."""
        kinds = [token.kind for token in self._tokens[self._at : self._at + 4]]
        count = 2 if kinds[:3] == [Kind.VARIABLE, Kind.COMMA, Kind.VARIABLE] else 1
        end = 2 * count - 1
        if kinds[:1] != [Kind.VARIABLE] or kinds[end : end + 1] not in ([Kind.DECLARE], [Kind.ASSIGN]):
            return (), True
        if count > most:
            raise self._error("only range can set two variables" if most else "a variable cannot be set in parentheses")
        names = tuple(token.text for token in self._tokens[self._at : self._at + end : 2])
        self._at += end + 1
        return names, kinds[end] == Kind.DECLARE

    def _command(self) -> Command:
        line = self._peek_line()
        operands: list[Operand] = []
        while (token := self._peek()) is not None and token.kind not in {Kind.PIPE, Kind.CLOSE}:
            if operands and not token.spaced:
                raise self._error(f'unexpected "{token.text}"; arguments are separated by blanks')
            operands.append(self._operand())
        if not operands:
            raise TemplateError("a value is missing", line=line)
        if isinstance(operands[0], Nil):
            raise TemplateError("nil is not a value that can stand alone", line=line)
        if len(operands) > 1 and not isinstance(operands[0], FunctionName):
            raise TemplateError("only a function can have arguments", line=line)
        return Command(tuple(operands), line)

    def _operand(self) -> Operand:
        first = self._term()
        names: list[str] = []
        while (token := self._peek()) is not None and token.kind is Kind.FIELD and not token.spaced:
            names.append(token.text[1:])
            self._at += 1
        if not names:
            return first
        if isinstance(first, Literal | Nil | Dot):
            raise self._error(f'unexpected ".{names[0]}"')
        if isinstance(first, Fields):
            return Fields(first.operand, (*first.names, *names))
        return Fields(first, tuple(names))

    def _term(self) -> Operand:
        token = self._tokens[self._at]
        self._at += 1
        match token.kind:
            case Kind.WORD:
                return self._word(token)
            case Kind.VARIABLE:
                return self._variable(token)
            case Kind.DOT:
                return Dot()
            case Kind.FIELD:
                return Fields(Dot(), (token.text[1:],))
            case Kind.OPEN:
                return self._group(token)
        return self._literal(token)

    def _literal(self, token: Token) -> Literal:
        try:
            match token.kind:
                case Kind.RAW:
                    return Literal(token.text[1:-1].replace("\r", ""))
                case Kind.STRING:
                    return Literal(read_string(token.text))
                case Kind.CHARACTER:
                    return Literal(read_character(token.text))
                case Kind.NUMBER:
                    return Literal(read_number(token.text))
        except ValueError as error:
            raise TemplateError(str(error), line=token.line) from error
        raise TemplateError(f'unexpected "{token.text}"', line=token.line)

    def _word(self, token: Token) -> Operand:
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        if token.text == "nil":
            return Nil()
        if token.text not in self._functions:
            known = ", ".join(sorted(self._functions))
            raise TemplateError(f'unknown function "{token.text}"; known functions: {known}', line=token.line)
        return FunctionName(token.text)

    def _variable(self, token: Token) -> Variable:
        if not self._known(token.text):
            raise TemplateError(f'undefined variable "{token.text}"', line=token.line)
        return Variable(token.text)

    def _group(self, opening: Token) -> Pipeline:
        pipeline = self._pipeline(variables=0)
        if not self._take(Kind.CLOSE):
            raise TemplateError("a parenthesis is not closed", line=opening.line)
        return pipeline

    def _known(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _peek_line(self) -> int:
        token = self._peek()
        return token.line if token is not None else self._line

    def _take(self, kind: Kind) -> bool:
        token = self._peek()
        if token is None or token.kind is not kind:
            return False
        self._at += 1
        return True

    def _error(self, message: str) -> TemplateError:
        return TemplateError(message, line=self._peek_line())
