"""JSON values as YAML for people: members in alphabetical order, two spaces, blocks for texts of several lines."""

from typing import Any, Final

import yaml

from evcli.yaml_scalars import is_string

_LINE_WIDTH: Final = 120
# What YAML 1.1 takes for a line break, or drops, must be escaped.
_LINE_BREAKS: Final = frozenset("\r\x85\u2028\u2029\ufeff")


class _Dumper(yaml.SafeDumper):
    """Writes what the reader reads back: no aliases, no string that another reader takes for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - same
        super().increase_indent(flow, False)


def _represent_string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if not _LINE_BREAKS.isdisjoint(text) or not is_string(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_string)


def dump_yaml(document: object) -> str:
    """Return the document as YAML text."""
    text = yaml.dump(
        document, Dumper=_Dumper, allow_unicode=True, default_flow_style=False, sort_keys=True, width=_LINE_WIDTH
    )
    # The library marks the end of a document that is a single value.
    return str(text).removesuffix("...\n")
