"""OAuth2 identities: they become ready once a person has authorized them in a browser."""

from urllib.parse import parse_qsl, urlsplit

from evcli.arguments import Argument
from evcli.call import Call
from evcli.client import Object
from evcli.command import Command
from evcli.commands.identities import DEFINITION, NAME, definition
from evcli.commands.lookup import identity_by_name
from evcli.errors import EvcliError

_ANSWER = ("state", "code", "error", "error_description", "iss")


def _create(call: Call) -> None:
    name = call.api.post("oauth2", "identities", body=definition(call))["name"]
    call.terminal.info(f"identity {name} created; authorize it with: evcli authorize-identity {name}")


def _update(call: Call) -> None:
    body = definition(call)
    identity = identity_by_name(call, call.arguments[0])
    call.api.put("oauth2", "identities", "id", identity["id"], body={**body, "name": identity["name"]})
    name = identity["name"]
    call.terminal.info(f"identity {name} updated; authorize it with: evcli authorize-identity {name}")


def _authorize(call: Call) -> None:
    identity = identity_by_name(call, call.arguments[0])
    started = call.api.post("oauth2", "identities", "id", identity["id"], "authorization")
    call.terminal.info("open this address in a browser in which you are logged in to Eventline with the same account:")
    call.terminal.data(str(started["authorization_uri"]))


def _complete(call: Call) -> None:
    identity = call.api.post("oauth2", "authorization", body=_read_callback(call.arguments[0]))
    call.terminal.info(f"identity {identity['name']} is {identity['status']}")
    if identity["status"] == "error":
        raise EvcliError(str(identity.get("error_message") or "the authorization failed"))


def _read_callback(text: str) -> Object:
    uri = urlsplit(text)
    segments = uri.path.strip("/").split("/")
    query = dict(parse_qsl(uri.query))
    if len(segments) < 2 or "state" not in query:
        raise EvcliError(
            f'"{text}" is not the address that a provider sends a browser back to: it must look like '
            "https://<eventline>/ext/connectors/<connector>/<type>?state=...&code=..."
        )
    answer = {name: query[name] for name in _ANSWER if name in query}
    return {"connector": segments[-2], "type": segments[-1], **answer}


COMMANDS = (
    Command(
        "authorize-identity",
        "start the authorization of an OAuth2 identity, and print the address to open in a browser",
        _authorize,
        details="the identity becomes pending and loses its tokens until the authorization is completed",
        arguments=(NAME,),
    ),
    Command(
        "complete-authorization",
        "complete an authorization whose browser could not reach Eventline",
        _complete,
        arguments=(Argument("address", "the whole address that the browser was sent to at the end"),),
        uses_project=False,
    ),
    Command(
        "create-oauth2-identity",
        "create an identity that must be authorized in a browser before it is ready",
        _create,
        arguments=DEFINITION,
    ),
    Command(
        "update-oauth2-identity",
        "replace an identity by one that must be authorized in a browser",
        _update,
        arguments=DEFINITION,
    ),
)
