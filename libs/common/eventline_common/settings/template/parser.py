"""Parses a template: text, values, and the blocks that `end` closes."""

from collections.abc import Collection

from eventline_common.settings.template.errors import TemplateError
from eventline_common.settings.template.expressions import ExpressionParser
from eventline_common.settings.template.nodes import Break, Continue, If, Node, Output, Pipeline, Range, Text, With
from eventline_common.settings.template.tokens import ActionPiece, Kind, Piece, TextPiece, Token, cut_template

_BLOCKS: dict[str, type[If] | type[With] | type[Range]] = {"if": If, "with": With, "range": Range}
_UNSUPPORTED = {"define", "template", "block"}
_DEPTH = 100


class _Parser:
    def __init__(self, pieces: list[Piece], functions: Collection[str]) -> None:
        self._pieces = pieces
        self._at = 0
        self._functions = functions
        self._scopes: list[set[str]] = [{"$"}]
        self._ranges = 0
        self._open = 0

    def template(self) -> tuple[Node, ...]:
        nodes, ended = self._nodes()
        if ended is not None:
            raise TemplateError(f'unexpected "{{{{{ended.tokens[0].text}}}}}": no block is open', line=ended.line)
        return nodes

    def _nodes(self) -> tuple[tuple[Node, ...], ActionPiece | None]:
        """Parse until `end` or `else`, which is returned, or until nothing is left."""
        nodes: list[Node] = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if isinstance(piece, TextPiece):
                nodes.append(Text(piece.text))
            elif _keyword(piece) in {"end", "else"}:
                return tuple(nodes), piece
            else:
                nodes.append(self._action(piece))
        return tuple(nodes), None

    def _action(self, piece: ActionPiece) -> Node:
        keyword = _keyword(piece)
        if keyword in _BLOCKS:
            return self._block(keyword, piece, piece.tokens[1:])
        if keyword in {"break", "continue"}:
            return self._jump(keyword, piece)
        if keyword in _UNSUPPORTED:
            raise TemplateError(f'"{keyword}" is not available in a configuration file', line=piece.line)
        if not piece.tokens:
            raise TemplateError("a value is missing", line=piece.line)
        return Output(self._pipeline(piece.tokens, piece.line))

    def _jump(self, keyword: str, piece: ActionPiece) -> Node:
        if not self._ranges:
            raise TemplateError(f'"{keyword}" outside of a range', line=piece.line)
        if len(piece.tokens) > 1:
            raise TemplateError(f'unexpected "{piece.tokens[1].text}" after "{keyword}"', line=piece.line)
        return Break() if keyword == "break" else Continue()

    def _block(self, keyword: str, piece: ActionPiece, tokens: tuple[Token, ...]) -> Node:
        if self._open >= _DEPTH:
            raise TemplateError(f"more than {_DEPTH} blocks inside each other", line=piece.line)
        self._open += 1
        self._scopes.append(set())
        pipeline = self._pipeline(tokens, piece.line, variables=2 if keyword == "range" else 1)
        body, ended = self._body(keyword)
        self._scopes.append(set())
        otherwise = self._otherwise(keyword, piece, ended)
        del self._scopes[-2:]
        self._open -= 1
        return _BLOCKS[keyword](pipeline, body, otherwise)

    def _body(self, keyword: str) -> tuple[tuple[Node, ...], ActionPiece | None]:
        self._scopes.append(set())
        self._ranges += keyword == "range"
        found = self._nodes()
        self._ranges -= keyword == "range"
        self._scopes.pop()
        return found

    def _otherwise(self, keyword: str, opened: ActionPiece, ended: ActionPiece | None) -> tuple[Node, ...]:
        if ended is None:
            raise TemplateError(f'"{{{{{keyword}}}}}" is not closed by "{{{{end}}}}"', line=opened.line)
        if _keyword(ended) == "end":
            _require_alone(ended)
            return ()
        if len(ended.tokens) > 1 and keyword != "range" and ended.tokens[1].text == keyword:
            return (self._block(keyword, ended, ended.tokens[2:]),)
        _require_alone(ended)
        nodes, closed = self._nodes()
        if closed is None:
            raise TemplateError('"{{else}}" is not closed by "{{end}}"', line=ended.line)
        if _keyword(closed) == "else":
            raise TemplateError('a second "{{else}}" in one block', line=closed.line)
        _require_alone(closed)
        return nodes

    def _pipeline(self, tokens: tuple[Token, ...], line: int, *, variables: int = 1) -> Pipeline:
        return ExpressionParser(tokens, line, self._functions, self._scopes).pipeline_to_end(variables=variables)


def parse_template(source: str, *, functions: Collection[str]) -> tuple[Node, ...]:
    """Parse a template that may call these functions; raise TemplateError."""
    return _Parser(cut_template(source), functions).template()


def _keyword(piece: ActionPiece) -> str:
    if not piece.tokens or piece.tokens[0].kind is not Kind.WORD:
        return ""
    return piece.tokens[0].text


def _require_alone(piece: ActionPiece) -> None:
    if len(piece.tokens) > 1:
        raise TemplateError(f'unexpected "{piece.tokens[1].text}" after "{piece.tokens[0].text}"', line=piece.line)
