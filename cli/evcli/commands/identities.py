"""Identities (contract evcli, section 8)."""

from collections.abc import Iterable

from evcli.arguments import Argument, Presence
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import identity_by_name
from evcli.configuration import MASK
from evcli.durations import format_instant
from evcli.output import Column, Field, plain, show_elements, show_object, text
from evcli.pagination import list_elements
from evcli.parameters import parse_fields
from evcli.terminal import printable

NAME = Argument("name", "the name of the identity", completes="identities")
DEFINITION = (
    NAME,
    Argument("connector", "the connector of the identity"),
    Argument("type", "the type of the identity"),
    Argument("field", "a field, as <key>=<text>, or as <key>:=<JSON value> for lists and numbers", Presence.REPEATED),
)


def _type(identity: Object) -> str:
    return f"{identity.get('connector', '')}/{identity.get('type', '')}"


def _list(call: Call) -> None:
    columns = (
        Column("id", text("id")),
        Column("name", text("name")),
        Column("type", _type),
        Column("status", text("status")),
    )
    show_elements(call, list_elements(call.api, "identities"), columns)


def _describe(call: Call) -> None:
    def fields(identity: Object) -> Iterable[Field]:
        yield Field("Name", plain(identity.get("name")))
        yield Field("Id", plain(identity.get("id")))
        yield Field("Type", _type(identity))
        yield Field("Status", plain(identity.get("status")))
        yield Field("Error", plain(identity.get("error_message")))
        for label, member in (
            ("Creation time", "creation_time"),
            ("Update time", "update_time"),
            ("Last use", "last_use_time"),
            ("Last refresh", "last_refresh_time"),
            ("Next refresh", "refresh_time"),
        ):
            yield Field(label, format_instant(identity.get(member)))
        yield Field("Refresh error", plain(identity.get("refresh_error")))
        # People see which fields there are; programs get the secrets too.
        shown = (identity.get("data") or {}).items()
        yield Field(
            "Fields",
            lines=[
                f"  {printable(key)}: {MASK if call.terminal.stdout.isatty() else printable(plain(value))}"
                for key, value in shown
            ],
        )

    show_object(call, identity_by_name(call, call.arguments[0]), fields)


def definition(call: Call) -> Object:
    """Return the body that creates or replaces an identity, as the command line defines it."""
    name, connector, type, *fields = call.arguments
    return {"name": name, "connector": connector, "type": type, "data": parse_fields(fields)}


def _create(call: Call) -> None:
    identity = call.api.post("identities", body=definition(call))
    call.terminal.info(f"identity {identity['name']} created")


def _update(call: Call) -> None:
    body = definition(call)
    identity = identity_by_name(call, call.arguments[0])
    # The name stays, however the identity was named on the command line.
    call.api.put("identities", "id", identity["id"], body={**body, "name": identity["name"]})
    call.terminal.info(f"identity {identity['name']} updated")


def _delete(call: Call) -> None:
    id = identity_by_name(call, call.arguments[0])["id"]
    call.api.delete("identities", "id", id)
    call.terminal.info(f"identity {id} deleted")


def _refresh(call: Call) -> None:
    identity = identity_by_name(call, call.arguments[0])
    call.api.post("identities", "id", identity["id"], "refresh")
    call.terminal.info(f"identity {identity['name']} will be refreshed")


def _list_types(call: Call) -> None:
    types = call.api.get("identity_types")["elements"]
    show_elements(call, types, (Column("type", _type), Column("fields", _field_names)))


def _field_names(type: Object) -> str:
    return ", ".join(_field_name(field) for field in type["fields"] if not field.get("internal"))


def _field_name(field: Object) -> str:
    return f"[{field['name']}]" if field.get("optional") else str(field["name"])


COMMANDS = (
    Command("create-identity", "create an identity", _create, arguments=DEFINITION),
    Command("delete-identity", "delete an identity", _delete, arguments=(NAME,)),
    Command(
        "describe-identity", "print information about an identity", _describe, options=(OUTPUT,), arguments=(NAME,)
    ),
    Command("list-identities", "list all identities", _list, options=(OUTPUT,)),
    Command(
        "list-identity-types",
        "list the types that identities can have",
        _list_types,
        options=(OUTPUT,),
        uses_project=False,
    ),
    Command(
        "refresh-identity", "refresh an identity now instead of at its next refresh time", _refresh, arguments=(NAME,)
    ),
    Command(
        "update-identity",
        "replace the connector, the type and the fields of an identity",
        _update,
        arguments=DEFINITION,
    ),
)
