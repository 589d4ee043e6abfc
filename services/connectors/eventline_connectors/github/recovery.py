"""Looks after hooks: sets up anew those whose configuration has changed, and fetches deliveries that were missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from eventline_common.errors import InvalidRequestBody
from eventline_common.ids import IdentityId
from eventline_common.logging import get_logger
from eventline_common.times import parse_time
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.deliveries.store import list_known
from eventline_connectors.failures import Failed
from eventline_connectors.github import hook_store as store
from eventline_connectors.github.api import Authorization, GithubError
from eventline_connectors.github.hook_store import Hook
from eventline_connectors.github.hooks import CLAIM, Hooks
from eventline_connectors.github.reception import decode_payload, make_delivery

# GitHub keeps deliveries for three days; ours are known for longer than that.
KEPT = timedelta(days=3)
# Deliveries are looked at again for a while: GitHub may list them in another order than they came.
_OVERLAP = timedelta(minutes=10)
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery as GitHub lists it: `id` is GitHub's, `delivery_id` is that of the header."""

    id: int
    delivery_id: str
    event_type: str
    time: datetime


@dataclass(frozen=True, slots=True)
class HookCare:
    """Takes one hook at a time: those that were not looked at since the start of this process, then at intervals."""

    hooks: Hooks
    intake: Intake
    counters: Counters
    started: datetime
    interval: timedelta

    async def run_once(self) -> bool:
        """Look after one hook; True when there may be another."""
        now = self.hooks.clock.now()
        async with self.hooks.database.transaction() as tx:
            hook = await store.claim_next_hook(
                tx, now=now, due=now - self.interval, started=self.started, until=now + CLAIM
            )
        if hook is None:
            return False
        error: str | None = None
        newest: datetime | None = None
        try:
            newest = await self._look_after(hook, now=now)
        except (GithubError, Failed) as failure:
            error = str(failure)
            get_logger("github").info("hook_not_looked_after", target=str(hook.target), error=error)
        finally:
            async with self.hooks.database.transaction() as tx:
                await store.save_check(tx, hook.target, now=now, last_delivery_time=newest, error=error)
                await store.release_hook(tx, hook.target)
        return True

    async def _look_after(self, hook: Hook, *, now: datetime) -> datetime | None:
        """Return the time of the newest delivery."""
        async with self.hooks.database.connection() as tx:
            listening = await store.list_listening(tx, hook.target)
        identities = [hook.identity_id, *(each.identity_id for each in listening)]
        if hook.configuration_hash != self.hooks.setup.hash(hook.target):
            await self.hooks.ensure(hook, identities)
        try:
            return await self._recover(hook, identities, now=now)
        except GithubError as error:
            if error.status != _NOT_FOUND:
                raise
        # Somebody has removed the hook, or the identity has lost its rights: setting it up tells which.
        await self.hooks.ensure(hook, identities)
        return None

    async def _recover(self, hook: Hook, identities: Sequence[IdentityId | None], *, now: datetime) -> datetime | None:
        authorized = await self.hooks.authorization(identities)
        if authorized is None:
            raise Failed(f"the deliveries of {hook.target} need an identity that is ready")
        assert hook.hook_id is not None
        listed = await self._list(hook, hook.hook_id, authorized[1], since=_since(hook, now=now))
        missed = await self._missed(hook, listed)
        for each in missed:
            await self._fetch(hook, hook.hook_id, each, authorized[1])
        if missed:
            get_logger("github").info("deliveries_recovered", target=str(hook.target), count=len(missed))
        return max((each.time for each in listed), default=None)

    async def _list(
        self, hook: Hook, hook_id: int, authorization: Authorization, *, since: datetime
    ) -> Sequence[Listed]:
        found: list[Listed] = []
        async for entry in self.hooks.api.list_deliveries(hook.target, hook_id, authorization):
            listed = read_entry(entry)
            if listed is None:
                continue
            if listed.time < since:
                break
            found.append(listed)
        return found

    async def _missed(self, hook: Hook, listed: Sequence[Listed]) -> Sequence[Listed]:
        """Return those that have never been stored, oldest first; a redelivery is the same delivery."""
        unique = {each.delivery_id: each for each in listed}
        async with self.hooks.database.connection() as tx:
            known = await list_known(tx, "github", hook.target.key, list(unique))
        return sorted((each for id, each in unique.items() if id not in known), key=lambda each: each.time)

    async def _fetch(self, hook: Hook, hook_id: int, listed: Listed, authorization: Authorization) -> None:
        entry = await self.hooks.api.get_delivery(hook.target, hook_id, listed.id, authorization)
        delivery = _delivery(hook, listed, entry)
        if delivery is None:
            get_logger("github").error("delivery_lost", target=str(hook.target), delivery_id=listed.delivery_id)
            return
        if await self.intake.take(delivery):
            self.counters.delivery_recovered()


def read_entry(entry: Mapping[str, object]) -> Listed | None:
    """Return a delivery of the list; None if it is not understood."""
    id, delivery_id, event = entry.get("id"), entry.get("guid"), entry.get("event")
    try:
        time = parse_time(str(entry.get("delivered_at")))
    except ValueError:
        return None
    if not isinstance(id, int) or not isinstance(delivery_id, str) or not isinstance(event, str):
        return None
    return Listed(id, delivery_id, event, time)


def _since(hook: Hook, *, now: datetime) -> datetime:
    """Return from when on deliveries are of interest: none that was made before we had the hook."""
    start = hook.creation_time
    if hook.last_delivery_time is not None:
        start = max(start, hook.last_delivery_time - _OVERLAP)
    return max(start, now - KEPT)


def _delivery(hook: Hook, listed: Listed, entry: Mapping[str, object]) -> Delivery | None:
    request = entry.get("request")
    payload = request.get("payload") if isinstance(request, dict) else None
    if not isinstance(payload, dict):
        return None
    try:
        raw = orjson.dumps(payload)
        read = decode_payload(raw)
    except (InvalidRequestBody, TypeError):
        return None
    return make_delivery(
        hook.target, read, raw=raw, event_type=listed.event_type, delivery_id=listed.delivery_id, now=listed.time
    )
