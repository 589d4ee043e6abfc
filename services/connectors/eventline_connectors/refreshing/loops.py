"""Refreshes identities ahead of their expiration: takes them, asks their providers, saves what they said."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.db.session import Database
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.logging import get_logger
from eventline_common.oauth2.errors import OAuth2Error
from eventline_common.oauth2.providers import Providers
from eventline_common.oauth2.tokens import next_refresh, refresh_tokens, with_tokens
from eventline_connectors.counters import Counters
from eventline_connectors.refreshing import store
from eventline_connectors.refreshing.domain import DueIdentity, Failure, failure

BATCH = 20
# More than discovery and the token endpoint can take together.
LEASE = timedelta(seconds=120)

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class IdentityRefreshing:
    """A caretaker; no transaction is open while a provider is asked."""

    database: Database
    bus: Bus
    clock: Clock
    cipher: IdentityCipher
    client: OutgoingClient
    providers: Providers
    counters: Counters

    async def run_once(self) -> bool:
        """Refresh one batch, all at once; True when there may be more."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            taken = await store.take_due(tx, now=now, lease_end=now + LEASE, limit=BATCH)
        async with asyncio.TaskGroup() as group:
            refreshes = [group.create_task(self._refresh(due), name=f"refresh {due.id}") for due in taken]
        if any(refresh.result() for refresh in refreshes):
            await self.bus.publish(self.bus.subjects.notification())
        return len(taken) == BATCH

    async def _refresh(self, due: DueIdentity) -> bool:
        """Refresh one identity; True if somebody is to be notified of a failure."""
        try:
            data: Data = orjson.loads(self.cipher.decrypt(due.data, context=due.id))
        except UndecryptableIdentity as error:
            return await self._fail(due, failure({}, due.refresh_failures, str(error), now=self.clock.now()))
        refresh_token = data.get("refresh_token")
        if not isinstance(refresh_token, str):
            return await self._fail(due, Failure("there is no refresh token; authorize the identity again", None))
        try:
            provider = await self.providers.find(due.connector, data)
            kind = (due.connector, due.type)
            tokens = await refresh_tokens(self.client, provider, kind=kind, refresh_token=refresh_token)
        except OAuth2Error as error:
            return await self._fail(due, failure(data, due.refresh_failures, str(error), now=self.clock.now()))
        await self._save(due, with_tokens(data, tokens, now=self.clock.now()))
        return False

    async def _save(self, due: DueIdentity, data: Data) -> None:
        now = self.clock.now()
        stored = self.cipher.encrypt(orjson.dumps(data), context=due.id)
        async with self.database.transaction() as tx:
            saved = await store.save_refreshed(tx, due, stored, refresh_time=next_refresh(data, now=now), now=now)
        self.counters.identity_refreshed("successful" if saved else "superseded")
        get_logger("identities").info("identity_refreshed", identity_id=due.id, saved=saved)

    async def _fail(self, due: DueIdentity, failed: Failure) -> bool:
        async with self.database.transaction() as tx:
            notified = await store.save_failure(tx, due, failed, now=self.clock.now())
        self.counters.identity_refreshed("failed")
        get_logger("identities").error("identity_refresh_failed", identity_id=due.id, error=failed.error)
        return notified
