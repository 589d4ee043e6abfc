"""Reads the bodies of the requests about jobs, other than specifications."""

from collections.abc import Mapping

from eventline_common.http.readers import read_object, refuse_errors

_LONGEST_DESCRIPTION = 500


def read_rename(body: object) -> tuple[str, str]:
    """Return the new name and description; an absent description is empty."""
    reader = read_object(body)
    name, description = reader.name(), reader.bounded("description", 0, _LONGEST_DESCRIPTION)
    refuse_errors(reader)
    return name, description


def read_execution_input(body: object) -> Mapping[str, object]:
    """Return the parameters that were given; body and `parameters` are mandatory."""
    reader = read_object(body)
    parameters = reader.child("parameters")
    if parameters is None:
        reader.wrong("parameters", "missing_or_null_value", "missing or null value")
    refuse_errors(reader)
    return parameters.value if parameters else {}
