"""`login` gets an API key for a user name and a password (contract http-api, section 10.1), `logout` gives it back."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from evcli.arguments import Option
from evcli.call import Call, connect
from evcli.command import Command
from evcli.commands.configuration import save
from evcli.errors import ApiError, EvcliError
from evcli.prompts import ask, ask_secret, is_interactive

if TYPE_CHECKING:
    from evcli.client import Client, Object

DEFAULT_USERNAME = "admin"


def _login(call: Call) -> None:
    if call.configuration.key and not call.options.flag("force"):
        raise EvcliError('the configuration already contains an API key; use "evcli login --force" to replace it')
    endpoint = _ask(call, "endpoint", "API endpoint", call.configuration.endpoint)
    username = _ask(call, "username", "User name", DEFAULT_USERNAME)
    # A stale key would make the server refuse the request: none is sent.
    client = connect(call, key="", endpoint=endpoint)
    password = ask_secret(call.terminal, "Password")
    call.terminal.info(f"logging in to {endpoint}")
    key, name = _read(_send(client, {"username": username, "password": password}))
    call.terminal.info(f"login successful: API key {name} created")
    save(call, replace(call.configuration, endpoint=endpoint, key=key))
    call.terminal.info("configuration updated")


def _send(client: "Client", credentials: "Object") -> object:
    try:
        return client.post("login", body=credentials)
    except ApiError as error:
        if error.code != "duplicate_api_key_name":
            raise
    # The server names keys by the second, and somebody logged in to the account in this one.
    time.sleep(1)
    return client.post("login", body=credentials)


def _logout(call: Call) -> None:
    key = call.configuration.key
    if not key:
        raise EvcliError("the configuration contains no API key")
    connect(call, key=key).post("logout")
    save(call, replace(call.configuration, key=""))
    call.terminal.info("API key deleted on the server and in the configuration")


def _ask(call: Call, option: str, name: str, default: str) -> str:
    given = call.options.text(option)
    if given is not None:
        return given
    return ask(call.terminal, name, prefilled=default) if is_interactive(call.terminal) else default


def _read(answer: object) -> tuple[str, str]:
    if isinstance(answer, dict) and isinstance(answer.get("key"), str) and isinstance(answer.get("api_key"), dict):
        return answer["key"], str(answer["api_key"].get("name", ""))
    raise EvcliError("the server accepted the login without sending an API key")


COMMANDS = (
    Command(
        "login",
        "connect to a server and store an API key in the configuration",
        _login,
        details="without a terminal the password is the first line of the standard input, and nothing else is asked",
        options=(
            Option("force", "replace the API key that the configuration contains", short="f"),
            Option("endpoint", "the endpoint of the API, instead of asking for it", short="e", value="uri"),
            Option("username", "the user name, instead of asking for it", short="u", value="name"),
        ),
        needs_key=False,
        uses_project=False,
    ),
    Command(
        "logout",
        "delete the API key of the configuration, on the server too",
        _logout,
        needs_key=False,
        uses_project=False,
    ),
)
