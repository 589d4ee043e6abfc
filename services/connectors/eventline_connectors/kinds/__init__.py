"""The connectors that can subscribe to events, and those that deliveries come in for: one line each."""

from collections.abc import Mapping

from eventline_connectors.deliveries.delivery import DeliveryKind
from eventline_connectors.github.telling import GithubDeliveries
from eventline_connectors.kinds.connector import ConnectorKind
from eventline_connectors.kinds.eventline import EventlineConnector
from eventline_connectors.kinds.time import TimeConnector
from eventline_connectors.kinds.webhook import WebhookConnector
from eventline_connectors.webhook.telling import WebhookDeliveries

__all__ = ["DELIVERY_KINDS", "KINDS", "ConnectorKind", "EventlineConnector", "TimeConnector", "WebhookConnector"]

KINDS: Mapping[str, ConnectorKind] = {
    "eventline": EventlineConnector(),
    "time": TimeConnector(),
    "webhook": WebhookConnector(),
}
DELIVERY_KINDS: Mapping[str, DeliveryKind] = {"github": GithubDeliveries(), "webhook": WebhookDeliveries()}
