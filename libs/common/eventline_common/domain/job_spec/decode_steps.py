"""Reads and checks the steps of a specification (contract job-spec, section 7)."""

from eventline_common.domain.job_spec.model import Command, OnFailure, Script, Step
from eventline_common.domain.validation import Reader

_LABEL_LENGTH = 100
_CONTENTS = ("code", "command", "script")


def read_steps(job: Reader) -> list[Step]:
    """Read all steps; a job needs at least one (G-12)."""
    if job.value.get("steps") is None:
        job.wrong("steps", "missing_or_null_value", "missing or null value: a job needs at least one step")
        return []
    if not job.items("steps"):
        job.wrong("steps", "empty_array", "array must contain at least one element")
    return [_read_step(reader, position) for position, reader in job.children("steps")]


def _read_step(reader: Reader, position: int) -> Step:
    label = reader.text("label") or f"Step {position + 1}"
    reader.check_length("label", label, 1, _LABEL_LENGTH)
    code = reader.text("code")
    given = [name for name in _CONTENTS if reader.value.get(name) not in (None, "")]
    if not given:
        reader.wrong(None, "missing_step_content", f"step must contain one of {', '.join(_CONTENTS)}")
    if len(given) > 1:
        reader.wrong(
            None, "multiple_step_contents", f"step must contain one of {', '.join(_CONTENTS)}, not {len(given)}"
        )
    _check_text(reader, "code", code)
    on_failure = reader.choice("on_failure", [each.value for each in OnFailure], default="")
    return Step(
        label=label,
        code=code,
        command=_read_command(reader),
        script=_read_script(reader),
        on_failure=OnFailure.CONTINUE if on_failure == "continue" else OnFailure.ABORT,
        on_failure_given=bool(on_failure),
    )


def _read_command(step: Reader) -> Command | None:
    reader = step.child("command")
    if reader is None:
        return None
    name, arguments = reader.filled("name"), _read_arguments(reader)
    _check_text(reader, "name", name)
    return Command(name, arguments)


def _read_script(step: Reader) -> Script | None:
    reader = step.child("script")
    if reader is None:
        return None
    path, arguments, content = reader.filled("path"), _read_arguments(reader), reader.text("content")
    _check_text(reader, "path", path)
    _check_text(reader, "content", content)
    return Script(path, arguments, content)


def _read_arguments(reader: Reader) -> list[str]:
    arguments, place = reader.texts("arguments"), reader.at("arguments")
    for position, text in enumerate(arguments):
        _check_text(place, str(position), text)
    return arguments


def _check_text(reader: Reader, member: str, text: str) -> None:
    """No program, argument or stored text can contain NUL."""
    if "\0" in text:
        reader.wrong(member, "invalid_value", "text cannot contain a NUL character")
