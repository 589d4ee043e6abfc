"""The objects that the server knows, their versions, and who watches them."""

import asyncio
import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Watcher:
    kind: str
    namespace: str
    labels: Mapping[str, str | None]
    changes: "asyncio.Queue[tuple[str, Object]]" = field(default_factory=asyncio.Queue)


class Objects:
    def __init__(self) -> None:
        self._versions = itertools.count(1000)
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._history: list[tuple[int, str, Object]] = []
        self._watchers: list[Watcher] = []
        self.version = 1000
        self.changed = asyncio.Event()

    def add(self, kind: str, namespace: str, value: Object, *, manager: str) -> Object:
        """Store a new object; raises KeyError when there is one of this name."""
        metadata = value.setdefault("metadata", {})
        key = (kind, namespace, metadata["name"])
        if key in self._objects:
            raise KeyError(metadata["name"])
        fields = [{"manager": manager, "operation": "Update", "apiVersion": "v1"}]
        metadata.update(namespace=namespace, uid=str(uuid.uuid4()), creationTimestamp=now(), managedFields=fields)
        self._objects[key] = value
        self._announce("ADDED", kind, value)
        return value

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        return self._objects.get((kind, namespace, name))

    def update(self, kind: str, value: Object) -> None:
        """Tell that an object changed, if it is still there."""
        if self.get(kind, value["metadata"]["namespace"], value["metadata"]["name"]) is value:
            self._announce("MODIFIED", kind, value)

    def remove(self, kind: str, value: Object) -> None:
        key = (kind, value["metadata"]["namespace"], value["metadata"]["name"])
        if self._objects.get(key) is value:
            del self._objects[key]
            self._announce("DELETED", kind, value)

    def select(self, kind: str, namespace: str, labels: Mapping[str, str | None]) -> list[Object]:
        return [
            value
            for (each, place, _), value in self._objects.items()
            if each == kind and place == namespace and matches(value, labels)
        ]

    def every(self, kind: str) -> list[Object]:
        return [value for (each, _, _), value in self._objects.items() if each == kind]

    def watch(self, kind: str, namespace: str, labels: Mapping[str, str | None], since: int) -> Watcher:
        watcher = Watcher(kind, namespace, labels)
        for version, event, value in self._history:
            if version > since and value["kind"] == kind:
                self._offer(watcher, event, value)
        self._watchers.append(watcher)
        return watcher

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds that can only change with an object."""
        while not condition():
            changed = self.changed
            await changed.wait()

    def _announce(self, event: str, kind: str, value: Object) -> None:
        self.version = next(self._versions)
        value["metadata"]["resourceVersion"] = str(self.version)
        copied = _copy(value)
        self._history.append((self.version, event, copied))
        for watcher in self._watchers:
            if watcher.kind == kind:
                self._offer(watcher, event, copied)
        self.changed.set()
        self.changed = asyncio.Event()

    def _offer(self, watcher: Watcher, event: str, value: Object) -> None:
        if value["metadata"]["namespace"] == watcher.namespace and matches(value, watcher.labels):
            watcher.changes.put_nowait((event, value))


def selector(text: str) -> Mapping[str, str | None]:
    """Read a label selector of the forms `key` and `key=value`."""
    parts = (part.partition("=") for part in text.split(",") if part)
    return {key: value if equals else None for key, equals, value in parts}


def matches(value: Object, labels: Mapping[str, str | None]) -> bool:
    found = value["metadata"].get("labels") or {}
    return all(key in found and wanted in (None, found[key]) for key, wanted in labels.items())


def walk(value: object) -> Iterator[object]:
    """Yield every value in an object."""
    yield value
    if isinstance(value, dict):
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value
