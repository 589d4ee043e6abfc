"""The server that the configuration names."""

import time
from typing import Final

from evcli.arguments import Option
from evcli.call import Call, connect
from evcli.command import OUTPUT, Command
from evcli.errors import ApiError, ConnectionFailure
from evcli.output import show_document, show_object, show_tree

_PERIOD: Final = 0.2


def _check(call: Call) -> None:
    client = connect(call, key="")
    deadline = time.monotonic() + call.options.integer("wait", least=0, default=0)
    while True:
        try:
            client.head("status")
        except (ConnectionFailure, ApiError) as error:
            if time.monotonic() >= deadline or (isinstance(error, ApiError) and error.status < 500):
                raise
        else:
            return call.terminal.info(f"the server at {client.origin} answers")
        time.sleep(_PERIOD)


def _describe(call: Call) -> None:
    show_object(call, call.api.get("version"), show_tree)


def _describe_api(call: Call) -> None:
    document = call.api.get("openapi.json")
    if not show_document(call, document):
        for path, methods in sorted(document["paths"].items()):
            operations = [(method, each) for method, each in methods.items() if isinstance(each, dict)]
            call.terminal.data(
                *(f"{method.upper():6} {path}  {each.get('summary', '')}" for method, each in operations)
            )


COMMANDS = (
    Command(
        "check-server",
        "tell whether the server answers; fail if it does not",
        _check,
        options=(Option("wait", "wait until it answers, at most this many seconds", short="w", value="seconds"),),
        needs_key=False,
        uses_project=False,
    ),
    Command(
        "describe-api",
        "list the routes of the API, or print its whole OpenAPI document as JSON or YAML",
        _describe_api,
        options=(OUTPUT,),
        uses_project=False,
    ),
    Command("describe-server", "print information about the server", _describe, options=(OUTPUT,), uses_project=False),
)
