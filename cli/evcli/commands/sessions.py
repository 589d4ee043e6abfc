"""The web sessions of the account."""

from evcli.arguments import Argument
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.output import Column, instant, show_elements, text
from evcli.pagination import list_elements


def _list(call: Call) -> None:
    columns = (
        Column("id", text("id")),
        Column("creation", instant("creation_time")),
        Column("last use", instant("last_use_time")),
        Column("address", text("address")),
        Column("user agent", text("user_agent")),
    )
    show_elements(call, list_elements(call.api, "account", "sessions"), columns)


def _delete(call: Call) -> None:
    call.api.delete("account", "sessions", "id", call.arguments[0])
    call.terminal.info(f"session {call.arguments[0]} deleted")


COMMANDS = (
    Command(
        "delete-session",
        "end a web session",
        _delete,
        arguments=(Argument("session-id", "the identifier of the session"),),
        uses_project=False,
    ),
    Command("list-sessions", "list the web sessions of the account", _list, options=(OUTPUT,), uses_project=False),
)
