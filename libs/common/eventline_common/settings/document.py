"""Reads the configuration file: a template that gives YAML (handbook 9.3, service-config.md section 2)."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from eventline_common.settings.errors import SettingsError
from eventline_common.settings.template import TemplateError, render_template

Document = Mapping[str, object]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain scalars: `yes`, `12:30` and `2022-01-01` are strings; a name given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for name, _ in node.value:
            if name.tag == "tag:yaml.org,2002:merge" or not isinstance(name, yaml.ScalarNode):
                continue
            if name.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'the member "{name.value}" is given twice', name.start_mark
                )
            seen.add(name.value)
        return super().construct_mapping(node, deep)


_PLAIN: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?\d+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), ["" if c == "\0" else c for c in _first]
    )


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(str(loader.construct_scalar(node)))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def read_document(path: Path, env: Mapping[str, str]) -> Document:
    """Read, render and parse a configuration file, checking only that it is an object; raise SettingsError."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError([f"the file cannot be read: {error.strerror}"], source=str(path)) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"the file is not UTF-8 text, at byte {error.start}"], source=str(path)) from error
    try:
        return parse_document(source, env)
    except SettingsError as error:
        raise SettingsError(error.sentences, source=str(path)) from error


def parse_document(source: str, env: Mapping[str, str]) -> Document:
    """Render a text and parse its first YAML document; an empty one is an empty object. Raises SettingsError."""
    try:
        document = _first_document(render_template(source, env))
    except TemplateError as error:
        raise SettingsError([f"the template cannot be rendered: {error}"]) from error
    except yaml.YAMLError as error:
        raise SettingsError([_sentence(error)]) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError(["the configuration must be an object of settings, as in web_http_server_uri: …"])
    return {str(name): value for name, value in document.items()}


def _first_document(text: str) -> object:
    loader = _Loader(text)
    try:
        content: object = loader.get_data() if loader.check_data() else None  # type: ignore[no-untyped-call]
    finally:
        loader.dispose()
    return content


def _sentence(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        place = f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
        return f"the rendered text is not YAML: {place}: {error.problem or error.context}"
    return f"the rendered text is not YAML: {' '.join(str(error).split())}"
