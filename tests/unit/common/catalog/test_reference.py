"""The reference of identities is complete, and says what the catalogue says."""

import re
from pathlib import Path

import pytest

from eventline_common.catalog.fields import FieldKind, IdentityField
from eventline_common.catalog.identities import IDENTITY_TYPES, IdentityType

REFERENCE = (Path(__file__).parents[4] / "docs" / "reference" / "identities.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", re.MULTILINE)
KINDS = {
    FieldKind.STRING: "string",
    FieldKind.STRING_LIST: "array of strings",
    FieldKind.ENUM_LIST: "array of strings",
    FieldKind.DATE: "date",
    FieldKind.URI: "URI",
    FieldKind.TEXT: "text",
    FieldKind.BOOLEAN: "boolean",
    FieldKind.INTEGER: "integer",
}


def expected(field: IdentityField) -> tuple[str, str, str, str]:
    need = "internal" if field.internal else "optional" if field.optional else "required"
    flags = f"{need}, secret" if field.secret else need
    return field.name, KINDS[field.kind], flags, f"`{field.variable}`" if field.variable else "–"


def section(kind: IdentityType) -> str:
    return REFERENCE.partition(f"\n### {kind.reference}\n")[2].partition("\n### ")[0]


def test_every_type_has_a_section_and_nothing_else_has() -> None:
    assert re.findall(r"^### (.+)$", REFERENCE, re.MULTILINE) == [kind.reference for kind in IDENTITY_TYPES.values()]


@pytest.mark.parametrize("kind", IDENTITY_TYPES.values(), ids=lambda kind: kind.reference)
def test_every_field_is_documented_as_it_is(kind: IdentityType) -> None:
    rows = ROW.findall(section(kind))

    assert [row[:4] for row in rows] == [expected(field) for field in kind.fields]
    for field, row in zip(kind.fields, rows, strict=True):
        assert all(f"`{value}`" in row[4] for value in field.values)
