"""The connectors that can subscribe to events, one module each."""

from collections.abc import Mapping

from eventline_connectors.kinds.connector import ConnectorKind
from eventline_connectors.kinds.time import TimeConnector

__all__ = ["KINDS", "ConnectorKind", "TimeConnector"]

KINDS: Mapping[str, ConnectorKind] = {"time": TimeConnector()}
