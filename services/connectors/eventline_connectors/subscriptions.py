"""Brings subscriptions to life and to their end, through their connectors (identities-connectors, section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.ids import IdentityId, SubscriptionId
from eventline_common.logging import get_logger
from eventline_common.runtime.loop import Wake
from eventline_connectors import store
from eventline_connectors.domain import Retry, Subscription, SubscriptionStatus, retry
from eventline_connectors.kinds import ConnectorKind

BATCH = 500
DETACH_LIMIT = 5000

Failures = Mapping[SubscriptionId, str]


@dataclass(frozen=True, slots=True)
class SubscriptionWork:
    """Activates what is inactive and ends what is terminating; one that fails waits on its own, blocking nobody."""

    database: Database
    clock: Clock
    kinds: Mapping[str, ConnectorKind]
    changed: Wake
    remote: Sequence[str] = ()
    batch: int = BATCH
    detach_limit: int = DETACH_LIMIT

    async def run_once(self) -> bool:
        """Work on one batch; True when there may be more. `changed` rings when something was activated."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            taken = await store.take_subscriptions(tx, now=now, limit=self.batch, but=self.remote)
            failures: dict[SubscriptionId, str] = {}
            for status in (SubscriptionStatus.TERMINATING, SubscriptionStatus.INACTIVE):
                for connector, group in _by_connector(taken, status).items():
                    failures.update(await self._attempt(tx, connector, group, now=now))
            retries = {s.id: retry(s, failures[s.id], now=now) for s in taken if s.id in failures}
            finished = await self.save(tx, taken, retries, now=now)
        if taken:
            self.changed.ring()
            get_logger("subscriptions").info("subscriptions_processed", count=len(taken), failed=len(failures))
        return len(taken) == self.batch or not finished

    async def _attempt(self, tx: Tx, connector: str, group: Sequence[Subscription], *, now: datetime) -> Failures:
        """Let the connector do its part for all at once; if that breaks, for each alone, to find the one to blame."""
        try:
            async with tx.transaction():
                return await self._delegate(tx, connector, group, now=now)
        except Exception as error:
            if tx.is_closed():
                raise
            if len(group) == 1:
                get_logger("subscriptions").error(
                    "subscription_failed", subscription_id=group[0].id, connector=connector, exc_info=error
                )
                return {group[0].id: f"{connector}: {str(error) or type(error).__name__}"}
        failures: dict[SubscriptionId, str] = {}
        for subscription in group:
            failures.update(await self._attempt(tx, connector, [subscription], now=now))
        return failures

    async def _delegate(self, tx: Tx, connector: str, group: Sequence[Subscription], *, now: datetime) -> Failures:
        kind = self.kinds.get(connector)
        ending = group[0].status is SubscriptionStatus.TERMINATING
        if kind is None:
            known = ", ".join(sorted([*self.kinds, *self.remote]))
            message = f'the connector "{connector}" cannot subscribe to events; connectors that can: {known}'
            return {} if ending else {subscription.id: message for subscription in group}
        if ending:
            return await kind.unsubscribe(tx, group, now=now)
        return await kind.subscribe(tx, group, now=now)

    async def save(
        self, tx: Tx, taken: Sequence[Subscription], retries: Mapping[SubscriptionId, Retry], *, now: datetime
    ) -> bool:
        """Record what became of each; False when one that ended has too many events to be deleted at once."""
        done = [s for s in taken if s.id not in retries]
        await store.activate(tx, [s.id for s in done if s.status is SubscriptionStatus.INACTIVE], now=now)
        await store.put_off(tx, list(retries.values()), now=now)
        identities = sorted({s.identity_id for s in taken if s.identity_id is not None})
        await store.mark_identities_used(tx, identities, now=now)
        return await self._delete(tx, [s.id for s in done if s.status is SubscriptionStatus.TERMINATING], identities)

    async def _delete(self, tx: Tx, ids: Sequence[SubscriptionId], identities: Sequence[IdentityId]) -> bool:
        if not ids:
            return True
        if await store.detach_events(tx, ids, limit=self.detach_limit) == self.detach_limit:
            return False
        await store.delete_subscriptions(tx, ids)
        await store.delete_orphaned_identities(tx, identities)
        return True


def _by_connector(
    subscriptions: Sequence[Subscription], status: SubscriptionStatus
) -> Mapping[str, Sequence[Subscription]]:
    groups: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        if subscription.status is status:
            groups.setdefault(subscription.connector, []).append(subscription)
    return groups
