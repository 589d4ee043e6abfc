"""The API keys of the account."""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import api_key_by_name
from evcli.output import Column, instant, show_elements, text
from evcli.pagination import list_elements

_NAME = Argument("name", "the name of the API key", completes="api-keys")


def _list(call: Call) -> None:
    columns = (
        Column("id", text("id")),
        Column("name", text("name")),
        Column("access", lambda key: "read-only" if key.get("read_only") else "full"),
        Column("last use", instant("last_use_time")),
        Column("expiration", instant("expiration_time")),
    )
    show_elements(call, list_elements(call.api, "account", "api_keys"), columns)


def _create(call: Call) -> None:
    body: dict[str, object] = {"name": call.arguments[0]}
    expiration = call.options.text("expiration-time")
    if expiration is not None:
        body["expiration_time"] = expiration
    if call.options.flag("read-only"):
        body["read_only"] = True
    answer = call.api.post("account", "api_keys", body=body)
    call.terminal.info(f"API key {call.arguments[0]} created; it will not be shown again")
    call.terminal.data(str(answer["key"]))


def _delete(call: Call) -> None:
    id = api_key_by_name(call, call.arguments[0])["id"]
    call.api.delete("account", "api_keys", "id", id)
    call.terminal.info(f"API key {id} deleted")


COMMANDS = (
    Command(
        "create-api-key",
        "create an API key and print it",
        _create,
        options=(
            Option("expiration-time", "the date after which the key is refused (RFC 3339)", short="e", value="date"),
            Option("read-only", "the key can only read", short="r"),
        ),
        arguments=(_NAME,),
        uses_project=False,
    ),
    Command("delete-api-key", "delete an API key", _delete, arguments=(_NAME,), uses_project=False),
    Command("list-api-keys", "list the API keys of the account", _list, options=(OUTPUT,), uses_project=False),
)
