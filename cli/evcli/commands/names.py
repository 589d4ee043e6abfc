"""`list-names`: bare names, for shell completion and scripts."""

from collections.abc import Callable, Iterable, Mapping

from evcli.arguments import Argument
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.errors import ApiError, UsageError
from evcli.output import show_document
from evcli.pagination import list_elements


def _jobs(call: Call) -> Iterable[str]:
    call.enter_project()
    return (str(job["spec"]["name"]) for job in list_elements(call.api, "jobs"))


def _identities(call: Call) -> Iterable[str]:
    call.enter_project()
    try:
        # Completing a name is no reason to decrypt every secret of the project.
        return _members(list_elements(call.api, "identity_summaries"), "name")
    except ApiError as error:
        if not error.is_unknown_route:
            raise
    return _members(list_elements(call.api, "identities"), "name")


def _members(elements: Iterable[Object], member: str) -> Iterable[str]:
    return (str(element[member]) for element in elements)


KINDS: Mapping[str, Callable[[Call], Iterable[str]]] = {
    "accounts": lambda call: _members(list_elements(call.api, "accounts"), "username"),
    "api-keys": lambda call: _members(list_elements(call.api, "account", "api_keys"), "name"),
    "identities": _identities,
    "jobs": _jobs,
    "projects": lambda call: _members(list_elements(call.api, "projects"), "name"),
}


def _list(call: Call) -> None:
    kind = call.arguments[0]
    if kind not in KINDS:
        raise UsageError(f'unknown kind of objects "{kind}"; kinds: {", ".join(sorted(KINDS))}')
    names = list(KINDS[kind](call))
    if not show_document(call, names) and names:
        call.terminal.data(*names)


COMMANDS = (
    Command(
        "list-names",
        "list the names of objects, one per line",
        _list,
        options=(OUTPUT,),
        arguments=(Argument("kind", f"what to list: {', '.join(sorted(KINDS))}", completes="kinds"),),
        uses_project=False,
    ),
)
