"""Reads the bodies of the requests about jobs, other than specifications."""

from collections.abc import Mapping

from eventline_common.http.checks import Checks
from eventline_common.http.members import Members

_LONGEST_DESCRIPTION = 500


def read_rename(body: object) -> tuple[str, str]:
    """Return the new name and description; an absent description is empty."""
    members, checks = Members.of(body), Checks()
    name, description = members.text("name"), members.text("description")
    checks.name("/name", name)
    checks.length("/description", description, most=_LONGEST_DESCRIPTION)
    checks.finish()
    return name, description


def read_execution_input(body: object) -> Mapping[str, object]:
    """Return the parameters that were given; body and `parameters` are mandatory."""
    members, checks = Members.of(body), Checks()
    parameters = members.mapping("parameters")
    checks.present("/parameters", given=parameters is not None)
    checks.finish()
    return parameters or {}
