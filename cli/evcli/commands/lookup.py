"""Finding the objects that users name: by name where the API can, else by going through the collection.

No name contains a colon, so `id:<identifier>` names any object by its identifier.
"""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.errors import EvcliError
from evcli.pagination import LARGEST_PAGE, list_elements

ID_PREFIX = "id:"
JOB_NAME = Argument("name", "the name of the job", completes="jobs")
SIZE = Option("size", "the number of elements in each request, at most 100", value="number")
LIMIT = Option("limit", "the largest number of elements to print, 0 for all of them", value="number")
DEFAULT_LIMIT = 20


def job_by_name(call: Call, name: str) -> Object:
    """Fetch a job."""
    return _fetch(call, "jobs", name)


def job_id(call: Call, name: str) -> str:
    """Return the id of a job."""
    return _given_id(name) or str(job_by_name(call, name)["id"])


def identity_by_name(call: Call, name: str) -> Object:
    """Fetch an identity."""
    return _fetch(call, "identities", name)


def project_by_name(call: Call, name: str) -> Object:
    """Fetch a project."""
    return _fetch(call, "projects", name)


def account_by_username(call: Call, username: str) -> Object:
    """Find an account; the API has no route for that."""
    return _search(call, "accounts", member="username", value=username, noun="account")


def api_key_by_name(call: Call, name: str) -> Object:
    """Find an API key of the user; the API has no route for that."""
    return _search(call, "account", "api_keys", member="name", value=name, noun="API key")


def newest_first(call: Call, *path: str, query: tuple[tuple[str, str], ...] = ()) -> list[Object]:
    """Fetch the part of a collection that `--size` and `--limit` ask for; the newest elements come first."""
    size = call.options.integer("size", least=1, default=LARGEST_PAGE)
    limit = call.options.integer("limit", least=0, default=DEFAULT_LIMIT)
    return list_elements(call.api, *path, query=query, size=size, limit=limit)


def _given_id(name: str) -> str:
    return name.removeprefix(ID_PREFIX) if name.startswith(ID_PREFIX) else ""


def _fetch(call: Call, collection: str, name: str) -> Object:
    id = _given_id(name)
    element: Object = call.api.get(collection, "id", id) if id else call.api.get(collection, "name", name)
    return element


def _search(call: Call, *path: str, member: str, value: str, noun: str) -> Object:
    id = _given_id(value)
    if id:
        element: Object = call.api.get(*path, "id", id)
        return element
    for element in list_elements(call.api, *path):
        if element.get(member) == value:
            return element
    raise EvcliError(f'unknown {noun} "{value}"')
