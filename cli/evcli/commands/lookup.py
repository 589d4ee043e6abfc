"""Finding the objects that users name: by name where the API can, else by going through the collection."""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.errors import EvcliError
from evcli.pagination import LARGEST_PAGE, list_elements

JOB_NAME = Argument("name", "the name of the job")
SIZE = Option("size", "the number of elements in each request, at most 100", value="number")
LIMIT = Option("limit", "the largest number of elements to print, 0 for all of them", value="number")
DEFAULT_LIMIT = 20


def job_by_name(call: Call, name: str) -> Object:
    """Fetch a job."""
    job: Object = call.api.get("jobs", "name", name)
    return job


def job_id(call: Call, name: str) -> str:
    """Return the id of a job."""
    return str(job_by_name(call, name)["id"])


def identity_by_name(call: Call, name: str) -> Object:
    """Fetch an identity."""
    identity: Object = call.api.get("identities", "name", name)
    return identity


def project_by_name(call: Call, name: str) -> Object:
    """Fetch a project."""
    project: Object = call.api.get("projects", "name", name)
    return project


def account_by_username(call: Call, username: str) -> Object:
    """Find an account; the API has no route for that."""
    return _only(list_elements(call.api, "accounts"), "username", username, "account")


def api_key_by_name(call: Call, name: str) -> Object:
    """Find an API key of the user; the API has no route for that."""
    return _only(list_elements(call.api, "account", "api_keys"), "name", name, "API key")


def newest_first(call: Call, *path: str, query: tuple[tuple[str, str], ...] = ()) -> list[Object]:
    """Fetch the part of a collection that `--size` and `--limit` ask for; the newest elements come first."""
    size = call.options.integer("size", least=1, default=LARGEST_PAGE)
    limit = call.options.integer("limit", least=0, default=DEFAULT_LIMIT)
    return list_elements(call.api, *path, query=query, size=size, limit=limit)


def _only(elements: list[Object], member: str, value: object, noun: str) -> Object:
    for element in elements:
        if element.get(member) == value:
            return element
    raise EvcliError(f'unknown {noun} "{value}"')
