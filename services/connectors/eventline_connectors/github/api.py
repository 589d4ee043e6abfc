"""The part of GitHub's REST API that hooks need (docs.github.com/rest: organization and repository webhooks).

Every request has a deadline and a size limit; what GitHub says about its rate limits decides when to come back.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import orjson

from eventline_common.clock import Clock
from eventline_common.http.outgoing import Answer, OutgoingClient, OutgoingError
from eventline_connectors.github.targets import Target

_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="next"')
_MOST_PAGES = 100
_LONGEST_WAIT = timedelta(hours=1)
_HINTS: Mapping[int, str] = {
    401: "the identity is not valid any more",
    403: "the identity may not do this",
    404: "it does not exist, or the identity may not see it; the scopes admin:repo_hook and admin:org_hook are needed",
}

Object = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Authorization:
    """The value of the header `Authorization`."""

    value: str = field(repr=False)

    @classmethod
    def of_token(cls, username: str, token: str) -> "Authorization":
        """Authorize with a personal access token."""
        return cls(f"Basic {b64encode(f'{username}:{token}'.encode()).decode()}")

    @classmethod
    def of_access_token(cls, token: str) -> "Authorization":
        """Authorize with an OAuth2 access token."""
        return cls(f"token {token}")


class GithubError(Exception):
    """GitHub could not be reached (status 0), or refused; `not_before` is when its rate limit ends."""

    def __init__(self, message: str, *, status: int = 0, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.not_before = not_before

    @property
    def is_final(self) -> bool:
        """Whether asking again would not change the answer: it is about rights or existence, not about the moment."""
        return self.status in _HINTS and self.not_before is None


class GithubApi:
    """Asks GitHub, or a GitHub Enterprise Server, on behalf of an identity."""

    def __init__(self, client: OutgoingClient, base_uri: str, clock: Clock) -> None:
        self._client = client
        self._base_uri = base_uri.rstrip("/")
        self._clock = clock

    async def create_hook(self, target: Target, hook: Object, authorization: Authorization) -> int:
        """Create a hook and return its id; raise GithubError, with status 422 when there is one with this address."""
        created = await self._ask("POST", hooks_path(target), authorization, {"name": "web", **hook})
        return _id_of(created)

    async def update_hook(self, target: Target, id: int, hook: Object, authorization: Authorization) -> None:
        """Replace what a hook is; raise GithubError."""
        await self._ask("PATCH", f"{hooks_path(target)}/{id}", authorization, hook)

    async def delete_hook(self, target: Target, id: int, authorization: Authorization) -> None:
        """Delete a hook; raise GithubError."""
        await self._send("DELETE", f"{hooks_path(target)}/{id}", authorization)

    def list_hooks(self, target: Target, authorization: Authorization) -> AsyncIterator[Object]:
        """Go through the hooks of a target, page by page; raise GithubError."""
        return self._pages(hooks_path(target), authorization)

    def list_deliveries(self, target: Target, id: int, authorization: Authorization) -> AsyncIterator[Object]:
        """Go through what a hook has delivered, newest first; raise GithubError."""
        return self._pages(f"{hooks_path(target)}/{id}/deliveries", authorization)

    async def get_delivery(self, target: Target, id: int, delivery_id: int, authorization: Authorization) -> Object:
        """Return a delivery with its payload; raise GithubError."""
        found = await self._ask("GET", f"{hooks_path(target)}/{id}/deliveries/{delivery_id}", authorization)
        if not isinstance(found, dict):
            raise GithubError("GitHub answered with something that is no delivery")
        return found

    async def _pages(self, path: str, authorization: Authorization) -> AsyncIterator[Object]:
        query: str | None = "per_page=100"
        for _ in range(_MOST_PAGES):
            answer = await self._send("GET", f"{path}?{query}", authorization)
            elements = _decode(answer)
            if not isinstance(elements, list):
                raise GithubError(f"GitHub answered GET {path} with something that is no list")
            for element in elements:
                if isinstance(element, dict):
                    yield element
            query = next_query(answer.headers.get("link", ""))
            if query is None:
                return

    async def _ask(self, method: str, path: str, authorization: Authorization, body: object = None) -> object:
        return _decode(await self._send(method, path, authorization, body))

    async def _send(self, method: str, path: str, authorization: Authorization, body: object = None) -> Answer:
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": authorization.value,
            **({"Content-Type": "application/json"} if body is not None else {}),
        }
        content = None if body is None else orjson.dumps(body)
        try:
            answer = await self._client.send(method, f"{self._base_uri}{path}", headers=headers, content=content)
        except OutgoingError as error:
            raise GithubError(str(error)) from error
        if not answer.is_success:
            raise refusal(method, path.partition("?")[0], answer, now=self._clock.now())
        return answer


def hooks_path(target: Target) -> str:
    """Return where the hooks of a target are."""
    if target.repository:
        return f"/repos/{target.organization}/{target.repository}/hooks"
    return f"/orgs/{target.organization}/hooks"


def next_query(link: str) -> str | None:
    """Return the query of the next page from a header `Link`; nothing else of that address is used."""
    found = _NEXT.search(link)
    return urlsplit(found.group(1)).query or None if found is not None else None


def refusal(method: str, path: str, answer: Answer, *, now: datetime) -> GithubError:
    """Return the error for an answer that is no success."""
    not_before = _end_of_limit(answer, now=now)
    if not_before is not None:
        reason = "the rate limit is reached"
    elif 300 <= answer.status < 400:
        reason = "it was renamed or moved; name it as it is called now"
    else:
        reason = _HINTS.get(answer.status, "")
    said = _message(answer)
    details = "; ".join(part for part in (said, reason) if part)
    message = f"GitHub answered {answer.status} to {method} {path}{f': {details}' if details else ''}"
    return GithubError(message, status=answer.status, not_before=not_before)


def _end_of_limit(answer: Answer, *, now: datetime) -> datetime | None:
    """Return when a rate limit ends; None if the answer is not about one."""
    if answer.status not in (403, 429):
        return None
    wait, reset = answer.headers.get("retry-after", ""), answer.headers.get("x-ratelimit-reset", "")
    if wait.isascii() and wait.isdecimal():
        end = now + timedelta(seconds=min(int(wait[:9]), 86_400))
    elif answer.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdecimal():
        end = datetime.fromtimestamp(int(reset[:10]), UTC)
    elif answer.status == 429:
        end = now + timedelta(minutes=1)
    else:
        return None
    return min(max(end, now), now + _LONGEST_WAIT)


def _message(answer: Answer) -> str:
    try:
        found = answer.json()
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    errors = found.get("errors")
    reasons = [
        str(error.get("message")) for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict) and error.get("message")
    ]  # fmt: skip
    return "; ".join([str(found.get("message", "")), *reasons])[:500]


def _decode(answer: Answer) -> object:
    try:
        return answer.json()
    except ValueError as error:
        raise GithubError("GitHub answered with something that is not JSON") from error


def _id_of(created: object) -> int:
    id = created.get("id") if isinstance(created, dict) else None
    if not isinstance(id, int):
        raise GithubError("GitHub created a hook without an id")
    return id
