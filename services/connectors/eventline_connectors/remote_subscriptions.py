"""Subscriptions whose connectors talk to the outside world: claimed, dealt with outside of any transaction, saved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from eventline_common.clock import Clock
from eventline_common.db.session import AWAY, Database
from eventline_common.errors import EventlineError
from eventline_common.ids import SubscriptionId
from eventline_common.logging import get_logger
from eventline_connectors import store
from eventline_connectors.domain import Retry, Subscription, SubscriptionStatus, postpone, retry
from eventline_connectors.failures import Failed, Postponed
from eventline_connectors.subscriptions import SubscriptionWork

BATCH = 8
# One subscription may take this long; a claim outlives it, and ends by itself when its process dies.
_DEADLINE = 60.0
_CLAIM = timedelta(seconds=90)


class RemoteConnector(Protocol):
    """What a connector that needs the outside world does at the two ends of a subscription.

    Both raise Failed or Postponed, and may be called again for a subscription that they have dealt with already.
    """

    async def subscribe(self, subscription: Subscription) -> None:
        """Make the events of a subscription come."""
        ...

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Make them stop."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteSubscriptionWork:
    """Deals with several subscriptions at once; one that fails waits on its own, blocking nobody (G-39)."""

    database: Database
    clock: Clock
    connectors: Mapping[str, RemoteConnector]
    work: SubscriptionWork
    batch: int = BATCH

    async def run_once(self) -> bool:
        """Deal with one batch; True when there may be more."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            claimed = await store.claim_subscriptions(
                tx, sorted(self.connectors), now=now, until=now + _CLAIM, limit=self.batch
            )
        if not claimed:
            return False
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._attempt(each), name=f"subscription {each.id}") for each in claimed]
        retries = {each.id: found for each, task in zip(claimed, tasks, strict=True) if (found := task.result())}
        finished = await self._save(claimed, retries, now=self.clock.now())
        get_logger("subscriptions").info("remote_subscriptions_processed", count=len(claimed), failed=len(retries))
        return len(claimed) == self.batch or not finished

    async def _attempt(self, subscription: Subscription) -> Retry | None:
        """Let the connector do its part; return when to try again, and why, if it could not."""
        connector = self.connectors[subscription.connector]
        ending = subscription.status is SubscriptionStatus.TERMINATING
        try:
            async with asyncio.timeout(_DEADLINE):
                await (connector.unsubscribe(subscription) if ending else connector.subscribe(subscription))
        except Postponed:
            return postpone(subscription, now=self.clock.now())
        except Failed as error:
            return retry(subscription, str(error), now=self.clock.now(), not_before=error.not_before)
        except TimeoutError:
            return retry(subscription, f"no end within {_DEADLINE:g} seconds", now=self.clock.now())
        except AWAY as error:
            get_logger("subscriptions").info("subscription_interrupted", error=str(error) or type(error).__name__)
            return postpone(subscription, now=self.clock.now())
        except EventlineError as error:
            return retry(subscription, str(error), now=self.clock.now())
        return None

    async def _save(
        self, claimed: Sequence[Subscription], retries: Mapping[SubscriptionId, Retry], *, now: datetime
    ) -> bool:
        async with self.database.transaction() as tx:
            finished = await self.work.save(tx, claimed, retries, now=now)
            if not finished:
                ended = [each for each in claimed if each.status is SubscriptionStatus.TERMINATING]
                await store.put_off(tx, [postpone(each, now=now) for each in ended if each.id not in retries], now=now)
        return finished
