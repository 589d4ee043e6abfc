"""Separates the output of a program from what its step script complains about."""

from eventline_executor.runners.protocol import StepResult
from eventline_executor.runners.ssh.channel import Command


class StepItems:
    """The items of a `RemoteOutput`. `refusal` is why the program could not be run, if it could not."""

    def __init__(self, command: Command, complaint: str) -> None:
        self._command = command
        self._complaint = f"{complaint} ".encode()
        self.refusal = ""

    async def next(self) -> "bytes | StepResult | None":
        """Return the next item. Standard error that is no complaint comes from the shell: people want to see it."""
        while True:
            item = await self._command.next()
            if not isinstance(item, tuple):
                return item
            is_error, data = item
            if not is_error or not data.startswith(self._complaint):
                return data
            self.refusal = data.removeprefix(self._complaint).decode(errors="replace").strip()
