"""The audit log, for administrators."""

from evcli.arguments import Option
from evcli.call import Call, find_project_id
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import LIMIT, SIZE, newest_first
from evcli.output import Column, instant, plain, show_elements, text

_FILTERS = (
    ("account-id", "only what this account did", "id"),
    ("action", "only this action", "name"),
    ("object-type", "only what was done to objects of this type", "name"),
    ("object-id", "only what was done to this object", "id"),
    ("start", "only what was done at this date (RFC 3339) or later", "date"),
    ("end", "only what was done before this date (RFC 3339)", "date"),
)


def _object(entry: Object) -> str:
    name = plain(entry.get("object_name") or entry.get("object_id"))
    return f"{entry.get('object_type', '')} {name}".strip()


def _list(call: Call) -> None:
    query = []
    for name, _, _ in _FILTERS:
        value = call.options.text(name)
        if value is not None:
            query.append((name.replace("-", "_"), value))
    if call.options.text("project-id") is not None or call.options.text("project-name") is not None:
        query.append(("project_id", find_project_id(call)))
    columns = (
        Column("time", instant("time")),
        Column("account", text("username")),
        Column("action", text("action")),
        Column("object", _object),
        Column("address", text("address")),
    )
    show_elements(call, newest_first(call, "audit_log", query=tuple(query)), columns)


COMMANDS = (
    Command(
        "list-audit-log",
        "list what was done on the platform, the newest entries first",
        _list,
        details='with "--project" or "--project-id", only what was done in this project',
        options=(*(Option(name, text, value=value) for name, text, value in _FILTERS), SIZE, LIMIT, OUTPUT),
        uses_project=False,
    ),
)
