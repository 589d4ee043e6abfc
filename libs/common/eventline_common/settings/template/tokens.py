"""Cuts a template into pieces: text as it is, and actions as lists of tokens.

Follows the lexical rules of Go's text/template: trim markers need white space on their inner side, a comment fills its
action, quoted and raw strings may contain the delimiters.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from eventline_common.settings.template.errors import TemplateError

BLANKS = " \t\r\n"


class Kind(StrEnum):
    """The kinds of token inside an action."""

    STRING = "string"
    RAW = "raw string"
    CHARACTER = "character"
    VARIABLE = "variable"
    FIELD = "field"
    NUMBER = "number"
    DOT = "dot"
    WORD = "word"
    DECLARE = "declaration"
    ASSIGN = "assignment"
    COMMA = "comma"
    PIPE = "pipe"
    OPEN = "opening parenthesis"
    CLOSE = "closing parenthesis"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `spaced` tells whether white space stands before it."""

    kind: Kind
    text: str
    line: int
    spaced: bool


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Text that is copied to the result."""

    text: str


@dataclass(frozen=True, slots=True)
class ActionPiece:
    """The tokens between two delimiters."""

    tokens: tuple[Token, ...]
    line: int


Piece = TextPiece | ActionPiece

_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (Kind.STRING, r'"(?:\\.|[^"\\\n])*"'),
    (Kind.RAW, r"`[^`]*`"),
    (Kind.CHARACTER, r"'(?:\\.|[^'\\\n])+'"),
    (Kind.VARIABLE, r"\$\w*"),
    (Kind.NUMBER, r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"),
    (Kind.FIELD, r"\.[^\W\d]\w*"),
    (Kind.DOT, r"\."),
    (Kind.WORD, r"[^\W\d]\w*"),
    (Kind.DECLARE, r":="),
    (Kind.ASSIGN, r"="),
    (Kind.COMMA, r","),
    (Kind.PIPE, r"\|"),
    (Kind.OPEN, r"\("),
    (Kind.CLOSE, r"\)"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _PATTERNS))
_END = re.compile(r"\s+-\}\}|\s*\}\}")
_COMMENT_END = re.compile(r"\*/(?:\s-\}\}|\}\})")
_UNCLOSED = {'"': "a string", "`": "a raw string", "'": "a character"}


class _Cutter:
    """Walks over the source once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._trim = False
        self.pieces: list[Piece] = []

    def cut(self) -> list[Piece]:
        while True:
            start = self._source.find("{{", self._at)
            if start < 0:
                self._text(self._source[self._at :], trim_right=False)
                return self.pieces
            trim_right = self._source[start + 2 : start + 3] == "-" and self._source[start + 3 : start + 4] in set(
                BLANKS
            )
            self._text(self._source[self._at : start], trim_right=trim_right)
            self._action(start + (3 if trim_right else 2))

    def _text(self, text: str, *, trim_right: bool) -> None:
        if self._trim:
            text = text.lstrip(BLANKS)
        if trim_right:
            text = text.rstrip(BLANKS)
        if text:
            self.pieces.append(TextPiece(text))

    def _action(self, start: int) -> None:
        line = self._line(start)
        after_blanks = _skip_blanks(self._source, start)
        if self._source.startswith("/*", after_blanks):
            self._comment(after_blanks, line)
            return
        tokens: list[Token] = []
        at = start
        while (end := _END.match(self._source, at)) is None:
            token, at = self._token(at, line)
            tokens.append(token)
        self._close(end)
        self.pieces.append(ActionPiece(tuple(tokens), line))

    def _comment(self, start: int, line: int) -> None:
        closing = self._source.find("*/", start + 2)
        if closing < 0:
            raise TemplateError("the comment is not closed; comments end with */}}", line=line)
        end = _COMMENT_END.match(self._source, closing)
        if end is None:
            raise TemplateError("a comment must fill its action: {{/* … */}}", line=line)
        self._close(end)

    def _close(self, end: re.Match[str]) -> None:
        self._trim = end.group().endswith("-}}")
        self._at = end.end()

    def _token(self, at: int, opened: int) -> tuple[Token, int]:
        start = _skip_blanks(self._source, at)
        if start >= len(self._source):
            raise TemplateError("the action is not closed; actions end with }}", line=opened)
        found = _TOKEN.match(self._source, start)
        line = self._line(start)
        if found is None or found.lastgroup is None:
            raise TemplateError(_unexpected(self._source[start]), line=line)
        return Token(Kind[found.lastgroup], found.group(), line, start > at), found.end()

    def _line(self, at: int) -> int:
        return self._source.count("\n", 0, at) + 1


def cut_template(source: str) -> list[Piece]:
    """Cut a template into its pieces; raise TemplateError for what cannot be read."""
    return _Cutter(source).cut()


def _unexpected(character: str) -> str:
    if character in _UNCLOSED:
        return f"{_UNCLOSED[character]} is not closed"
    return f'unexpected character "{character}" in an action'


def _skip_blanks(source: str, at: int) -> int:
    while at < len(source) and source[at].isspace():
        at += 1
    return at
