"""The terminal: data to stdout, everything else to stderr, colours where a person looks (contract evcli, 1 and 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

from evcli.errors import OutputClosed


class Color(IntEnum):
    """ANSI foreground colours."""

    RED = 31
    GREEN = 32
    YELLOW = 33
    BLUE = 34
    MAGENTA = 35
    CYAN = 36


@dataclass(frozen=True)
class Terminal:
    """Where the program writes; `colored` says whether colours are wanted, each stream whether it can show them."""

    stdout: BinaryIO
    stderr: BinaryIO
    stdin: BinaryIO
    colored: bool = True
    quiet: bool = False
    debug_level: int = 0

    def write_data(self, data: bytes) -> None:
        """Write raw bytes to stdout."""
        self._write(self.stdout, data)

    def data(self, *lines: str) -> None:
        """Write lines of data to stdout."""
        self._write(self.stdout, _encoded(lines))

    def heading(self, line: str) -> None:
        """Write the heading of data to stderr, whatever the options: it is neither data nor information."""
        self._write(self.stderr, _encoded((self.paint_error(line, Color.YELLOW),)))

    def note(self, *lines: str) -> None:
        """Write lines to stderr that the user asked for, such as help."""
        self._write(self.stderr, _encoded(lines))

    def info(self, line: str) -> None:
        """Write an information message to stderr unless the user wants quiet."""
        if not self.quiet:
            self._write(self.stderr, _encoded((printable_lines(line),)))

    def error(self, line: str) -> None:
        """Write an error line to stderr."""
        self._write(self.stderr, _encoded((f"{self.paint_error('error:', Color.RED)} {line}",)))

    def debug(self, level: int, line: str) -> None:
        """Write a debug message of a level (1: decisions, 2: requests) if the user wants to see it."""
        if level <= self.debug_level:
            self._write(self.stderr, _encoded((f"debug.{level}: {line}",)))

    def paint(self, text: str, color: Color) -> str:
        """Colour a text that goes to stdout."""
        return _painted(text, color) if self.colored and self.stdout.isatty() else text

    def paint_error(self, text: str, color: Color) -> str:
        """Colour a text that goes to stderr."""
        return _painted(text, color) if self.colored and self.stderr.isatty() else text

    def prompt(self, text: str) -> None:
        """Write a question to stderr and leave the cursor behind it."""
        self._write(self.stderr, text.encode(errors="replace"))

    @staticmethod
    def _write(stream: BinaryIO, data: bytes) -> None:
        try:
            stream.write(data)
            stream.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error


def printable(text: str) -> str:
    """Return the text in one line without control characters, so that no server can drive the user's terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return named.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")


def printable_lines(text: str) -> str:
    """Return the text without control characters, its line ends and tabs excepted."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines())


def _painted(text: str, color: Color) -> str:
    return f"\x1b[{color.value}m{text}\x1b[0m"


def _encoded(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")
