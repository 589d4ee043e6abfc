"""`github/*`: subscriptions to one target share a hook at GitHub (contract identities-connectors, section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_connectors.domain import LONGEST_DELAY, Subscription
from eventline_connectors.failures import Failed
from eventline_connectors.github import hook_store as store
from eventline_connectors.github.hook_store import Listening
from eventline_connectors.github.hooks import Hooks
from eventline_connectors.github.targets import Target


@dataclass(frozen=True, slots=True)
class GithubConnector:
    """Sees to it that there is a hook as long as somebody listens."""

    hooks: Hooks
    is_enabled: bool

    async def subscribe(self, subscription: Subscription) -> None:
        """Make sure that the hook is there; raise Failed, Postponed."""
        if not self.is_enabled:
            raise Failed("the github connector is disabled; the setting is connectors.github.enabled")
        target = _target(subscription)
        async with self.hooks.claimed(target, create=True) as hook:
            assert hook is not None
            shared = any(each.status == "active" for each in await self._others(subscription, target))
            if hook.hook_id is None or not shared or hook.configuration_hash != self.hooks.setup.hash(hook.target):
                await self.hooks.ensure(hook, [subscription.identity_id])

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Remove the hook if nobody else needs it; raise Failed, Postponed."""
        try:
            target = _target(subscription)
        except Failed:
            return
        # Usually this is a job that was deployed anew: its new subscription is not to wait for the old one.
        if _is_needed(await self._others(subscription, target)):
            return
        async with self.hooks.claimed(target, create=False) as hook:
            others = await self._others(subscription, target)
            if hook is None or _is_needed(others):
                return
            identities = [subscription.identity_id, hook.identity_id, *(each.identity_id for each in others)]
            await self.hooks.remove(hook, identities, is_last_try=subscription.update_delay >= LONGEST_DELAY)

    async def _others(self, subscription: Subscription, target: Target) -> Sequence[Listening]:
        async with self.hooks.database.connection() as tx:
            return [each for each in await store.list_listening(tx, target) if each.id != subscription.id]


def _is_needed(others: Sequence[Listening]) -> bool:
    return any(each.status != "terminating" for each in others)


def _target(subscription: Subscription) -> Target:
    parameters = subscription.parameters
    parts = [str(parameters.get("organization", "")), str(parameters.get("repository") or "")]
    try:
        return Target.parse(":".join(part for part in parts if part))
    except ValueError as error:
        raise Failed(f"no hook can be made: {error}") from error
