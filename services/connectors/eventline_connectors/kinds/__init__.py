"""The connectors: how they subscribe, in the database or in the outside world, and what deliveries mean to them."""

from collections.abc import Mapping

from eventline_connectors.deliveries.delivery import DeliveryKind
from eventline_connectors.github.hooks import Hooks
from eventline_connectors.github.telling import GithubDeliveries
from eventline_connectors.kinds.connector import ConnectorKind
from eventline_connectors.kinds.eventline import EventlineConnector
from eventline_connectors.kinds.github import GithubConnector
from eventline_connectors.kinds.time import TimeConnector
from eventline_connectors.kinds.webhook import WebhookConnector
from eventline_connectors.remote_subscriptions import RemoteConnector
from eventline_connectors.webhook.telling import WebhookDeliveries

__all__ = ["DELIVERY_KINDS", "KINDS", "ConnectorKind", "remote_connectors"]

KINDS: Mapping[str, ConnectorKind] = {
    "eventline": EventlineConnector(),
    "time": TimeConnector(),
    "webhook": WebhookConnector(),
}
DELIVERY_KINDS: Mapping[str, DeliveryKind] = {"github": GithubDeliveries(), "webhook": WebhookDeliveries()}


def remote_connectors(hooks: Hooks, *, github_is_enabled: bool) -> Mapping[str, RemoteConnector]:
    """Return the connectors that need the outside world to subscribe."""
    return {"github": GithubConnector(hooks, github_is_enabled)}
