"""What `eventline up` says on the terminal: its own log lines; the summary; nothing of the services."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from eventline_common.clock import utc_now

# Takes an event in the past tense, and keys by name.
Log = Callable[..., object]


@dataclass(frozen=True)
class Terminal:
    """Writes log lines to `log_to`, unless quiet, and everything else to `output`."""

    quiet: bool = False
    log_to: TextIO = sys.stderr
    output: TextIO = sys.stdout

    def log(self, event: str, /, **keys: object) -> None:
        """Write one line: time, event, keys."""
        if self.quiet:
            return
        words = " ".join(f"{name}={value}" for name, value in keys.items())
        self.log_to.write(f"{utc_now():%H:%M:%S} {event} {words}".rstrip() + "\n")
        self.log_to.flush()

    def say(self, text: str) -> None:
        """Write text for people, whether quiet or not."""
        self.output.write(text + "\n")
        self.output.flush()

    def complain(self, text: str) -> None:
        """Write why something cannot be done."""
        self.log_to.write(f"eventline: {text}\n")
        self.log_to.flush()
