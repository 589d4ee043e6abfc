"""Replaces secrets in a stream of bytes, wherever the stream is cut and however its lines are wrapped."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from eventline_executor.masking.secrets import Secrets, Span
from eventline_executor.masking.variants import SHORTEST_SECRET

# Stands for a secret, and says nothing about it.
MASK = b"***"
# A beginning of a secret at the end of the output is hidden as well, if it has this many bytes.
_TELLING = 8
# The most that waits to be decided; only endless line breaks inside a secret can reach it.
_MOST_HELD = 64 * 1024

_LINE_BREAK = re.compile(rb"[\r\n]")


class Masker:
    """Give it bytes as they come; it returns those that may be shown already.

    What may be the beginning of a secret is held until it is clear. Of the held bytes the first `_settled` are either
    hidden or shown already, and are kept only because a secret may go on from them.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held = b""
        self._settled = 0
        self._masking = False

    @property
    def undecided(self) -> int:
        """How many bytes wait to be shown or hidden."""
        return len(self._held) - self._settled

    def feed(self, data: bytes) -> bytes:
        """Take bytes and return what can be shown."""
        buffer = self._held + data if self._held else data
        compact = _compact(buffer)
        cut = _end_of(buffer, self._secrets.begun(compact))
        if len(buffer) - cut > _MOST_HELD:
            cut = len(buffer)
        shown, position = self._mask(buffer, _in_buffer(buffer, compact, self._secrets.find(compact)), cut)
        self._held, self._settled = buffer[cut:], position - cut
        return shown

    def show_short(self) -> bytes:
        """Show what waits, if it is so short that it tells nothing: nothing came for a while, and people read along."""
        if len(_compact(self._held)) >= SHORTEST_SECRET:
            return b""
        shown, self._settled, self._masking = self._held[self._settled :], len(self._held), False
        return shown

    def finish(self) -> bytes:
        """Return what is left to show at the end of the stream."""
        left, self._held, self._settled = self._held[self._settled :], b"", 0
        if len(_compact(left)) < _TELLING:
            return left
        return b"" if self._masking else MASK

    def _mask(self, buffer: bytes, spans: Sequence[Span], cut: int) -> tuple[bytes, int]:
        """Return what to show of the bytes before `cut`, and up to where all is settled: there or behind it."""
        parts: list[bytes] = []
        position = self._settled
        for start, end in spans:
            begin = max(start, position)
            if end <= position:
                continue
            if start >= cut:
                break
            if begin > position:
                parts.append(buffer[position:begin])
                self._masking = False
            if not self._masking:
                parts.append(MASK)
            self._masking, position = True, end
        if position < cut:
            parts.append(buffer[position:cut])
            self._masking, position = False, cut
        return b"".join(parts), position


def mask_text(secrets: Secrets, text: str) -> str:
    """Return a whole text without its secrets."""
    if not secrets:
        return text
    masker = Masker(secrets)
    raw = text.encode(errors="surrogateescape")
    return (masker.feed(raw) + masker.finish()).decode(errors="surrogateescape")


def _compact(buffer: bytes) -> bytes:
    if b"\n" in buffer:
        buffer = buffer.replace(b"\n", b"")
    return buffer.replace(b"\r", b"") if b"\r" in buffer else buffer


def _end_of(buffer: bytes, begun: int) -> int:
    """Return where the last `begun` bytes begin, line breaks not counted."""
    position = len(buffer)
    while begun:
        position -= 1
        begun -= buffer[position] not in b"\r\n"
    return position


def _in_buffer(buffer: bytes, compact: bytes, spans: Sequence[Span]) -> Sequence[Span]:
    """Translate spans of the text without line breaks into spans of the text with them."""
    if not spans or len(buffer) == len(compact):
        return spans
    breaks = [match.start() - count for count, match in enumerate(_LINE_BREAK.finditer(buffer))]

    def place(position: int) -> int:
        return position + bisect_right(breaks, position)

    return [(place(start), place(end - 1) + 1) for start, end in spans]
