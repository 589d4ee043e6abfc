"""The secrets of an execution, ready to be looked for: all forms of all of them in one automaton."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import hyperscan

from eventline_executor.masking.variants import forms

_LINE_BREAKS = b"\r\n"
_CACHED = 256

# Where something secret stands in a text without line breaks: start and end.
Span = tuple[int, int]


class Secrets:
    """Finds every form of some secrets in bytes from which line breaks were removed."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = sorted({form for secret in secrets for form in forms(secret)})
        self._lengths = [len(form) for form in found]
        self._longest = max(self._lengths, default=0)
        self._beginnings = {form[:length] for form in found for length in range(1, len(form))}
        self._lengths_by_end = _lengths_by_end(self._beginnings)
        self._automaton = _compile(found) if found else None

    def __bool__(self) -> bool:
        return self._automaton is not None

    def find(self, compact: bytes) -> Sequence[Span]:
        """Return where secrets stand, in order; what overlaps or touches is one span."""
        if self._automaton is None:
            return ()
        ends: list[tuple[int, int]] = []
        self._automaton.scan(compact, match_event_handler=lambda id, _from, to, _flags, _context: ends.append((id, to)))
        return _merged(sorted((to - self._lengths[id], to) for id, to in ends)) if ends else ()

    def begun(self, compact: bytes) -> int:
        """Return how many bytes at the end may be the beginning of a secret that goes on."""
        tail = compact[-self._longest :]
        if not tail:
            return 0
        for length in self._lengths_by_end.get(tail[-1], ()):
            if length <= len(tail) and tail[-length:] in self._beginnings:
                return length
        return 0


def _lengths_by_end(beginnings: Iterable[bytes]) -> Mapping[int, Sequence[int]]:
    """Return, by the byte with which beginnings end, how long they are, the longest first."""
    lengths: dict[int, set[int]] = {}
    for beginning in beginnings:
        lengths.setdefault(beginning[-1], set()).add(len(beginning))
    return {last: sorted(each, reverse=True) for last, each in lengths.items()}


def _compile(found: Sequence[bytes]) -> hyperscan.Database:
    automaton = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    # Each byte by its number: the interface for literals ends them at a zero byte.
    expressions = ["".join(f"\\x{byte:02x}" for byte in form).encode() for form in found]
    automaton.compile(expressions=expressions, ids=list(range(len(found))), flags=0)
    return automaton


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


NO_SECRETS = Secrets(())


class SecretsCache:
    """Keeps what was made of secrets for the next execution that has the same ones; making it may take 0.1 s."""

    def __init__(self, size: int = _CACHED) -> None:
        self._size = size
        self._known: OrderedDict[frozenset[str], Secrets] = OrderedDict()

    async def get(self, secrets: frozenset[str]) -> Secrets:
        """Return the secrets, ready; made in a thread when they are not known."""
        if not secrets:
            return NO_SECRETS
        if secrets in self._known:
            self._known.move_to_end(secrets)
            return self._known[secrets]
        made = await asyncio.to_thread(Secrets, secrets)
        self._known[secrets] = made
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return made
