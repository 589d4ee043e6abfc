"""YAML documents as JSON values, within limits; nothing but plain values is made (contract job-spec, section 1)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from evcli.yaml_scalars import Scalar, resolve_plain, resolve_tagged

LARGEST_DOCUMENT: Final = 10 * 1024 * 1024
DEEPEST_NESTING: Final = 100
# Values after the expansion of aliases, which is what is sent to the server.
LARGEST_EXPANSION: Final = 1_000_000
_COLLECTION_TAGS: Final = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class InvalidYaml(ValueError):
    """The text is no YAML that can be expressed in JSON; `line` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)


@dataclass
class _Node:
    """A value, how many values it holds with aliases expanded, and how deep it goes."""

    value: Any
    line: int
    size: int = 1
    depth: int = 1
    merges: bool = False


@dataclass
class _Open:
    """A collection whose end has not been read."""

    is_mapping: bool
    anchor: str | None
    line: int
    children: list[_Node] = field(default_factory=list)


def read_yaml(text: str) -> Any:
    """Return the first document of a text; None if there is none. Raise InvalidYaml."""
    if len(text) > LARGEST_DOCUMENT:
        raise InvalidYaml(f"the document is larger than {LARGEST_DOCUMENT} bytes")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidYaml(error.problem or str(error), mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise InvalidYaml(str(error).replace("\n", " ")) from error


def _build(events: Iterable[Any]) -> Any:
    builder = _Builder()
    for event in events:
        name = type(event).__name__
        line = event.start_mark.line + 1
        match name:
            case "ScalarEvent":
                builder.add(_scalar(event, line), event.anchor)
            case "AliasEvent":
                builder.add_alias(event.anchor, line)
            case "MappingStartEvent" | "SequenceStartEvent":
                if event.tag not in _COLLECTION_TAGS:
                    raise InvalidYaml(f'unknown tag "{event.tag}"', line)
                builder.open(_Open(name == "MappingStartEvent", event.anchor, line))
            case "MappingEndEvent" | "SequenceEndEvent":
                builder.close()
            case "DocumentEndEvent":
                break
    return builder.root.value if builder.root else None


class _Builder:
    """Puts nodes together without recursion; aliases share their value, only their size is counted again."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Node | None] = {}
        self._size = 0

    def open(self, collection: _Open) -> None:
        if len(self._stack) >= DEEPEST_NESTING:
            raise InvalidYaml(f"values are nested deeper than {DEEPEST_NESTING} levels", collection.line)
        if collection.anchor:
            self._anchors[collection.anchor] = None
        self._stack.append(collection)

    def close(self) -> None:
        collection = self._stack.pop()
        value = _mapping(collection.children) if collection.is_mapping else [c.value for c in collection.children]
        node = _Node(
            value,
            collection.line,
            size=1 + sum(child.size for child in collection.children),
            depth=1 + max((child.depth for child in collection.children), default=0),
        )
        self.add(node, collection.anchor)

    def add(self, node: _Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if node.size > LARGEST_EXPANSION:
            raise InvalidYaml(f"aliases expand to more than {LARGEST_EXPANSION} values", node.line)
        if len(self._stack) + node.depth - 1 > DEEPEST_NESTING:
            raise InvalidYaml(f"values are nested deeper than {DEEPEST_NESTING} levels", node.line)
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self.root = node

    def add_alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            raise InvalidYaml(f'unknown anchor "{anchor}"', line)
        node = self._anchors[anchor]
        if node is None:
            raise InvalidYaml(f'the value of anchor "{anchor}" contains itself', line)
        self.add(_Node(node.value, line, node.size, node.depth), None)


def _scalar(event: Any, line: int) -> _Node:
    try:
        if event.tag is None:
            if not event.implicit[0]:
                return _Node(event.value, line)
            return _Node(resolve_plain(event.value), line, merges=event.value == "<<")
        value: Scalar = resolve_tagged(event.tag, event.value)
    except ValueError as error:
        raise InvalidYaml(str(error), line) from error
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidYaml(f'"{event.value}" is no number that JSON can express', line)
    return _Node(value, line)


def _mapping(children: list[_Node]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    merged: list[_Node] = []
    for key, value in zip(children[::2], children[1::2], strict=True):
        if key.merges:
            merged.append(value)
            continue
        if not isinstance(key.value, str):
            raise InvalidYaml(f"the key {key.value!r} is no string; put it between quotes", key.line)
        if key.value in mapping:
            raise InvalidYaml(f'the key "{key.value}" is given twice', key.line)
        mapping[key.value] = value.value
    for node in merged:
        for source in node.value if isinstance(node.value, list) else [node.value]:
            if not isinstance(source, dict):
                raise InvalidYaml("only mappings can be merged", node.line)
            mapping = {**source, **mapping}
    return mapping
