"""The shape of a channel: a way to tell a project something."""

from datetime import datetime
from typing import Protocol

from eventline_notifier.domain import Message


class Refused(Exception):
    """The other side did not take a message, or could not be reached; another try may succeed."""


class Undeliverable(Exception):
    """A message that no try would bring there, as things are set up."""


class MessageChannel(Protocol):
    """Sends messages, one at a time."""

    async def send(self, message: Message, *, now: datetime) -> str | None:
        """Return when the other side has taken the message; the text tells what was not quite right, if anything.

        Raises Refused or Undeliverable.
        """
        ...

    async def rest(self) -> None:
        """Nothing is to be sent for now: hang up."""
        ...
