"""`update`: replaces the running program by a verified release (contract evcli, section 9; G-49)."""

import contextlib
from pathlib import Path

from evcli.arguments import Option
from evcli.build_ids import is_newer, parse_build_id
from evcli.call import Call
from evcli.command import Command
from evcli.errors import EvcliError
from evcli.releases import download, find_latest_build_id
from evcli.update_check import release_uri
from evcli.version import BUILD_ID


def _update(call: Call) -> None:
    program = running_program()
    transport = call.open_transport()
    uri = release_uri(call)
    wanted = call.options.text("build-id")
    if wanted is not None:
        parse_build_id(wanted)
    build_id = wanted or find_latest_build_id(transport, uri)
    if build_id == BUILD_ID or (wanted is None and not is_newer(build_id, BUILD_ID)):
        call.terminal.info(f"evcli {BUILD_ID} is up to date")
        return
    call.terminal.info(f"downloading evcli {build_id}")
    replace_program(program, download(transport, uri, build_id))
    call.terminal.info(f"evcli updated from {BUILD_ID} to {build_id}")


def running_program() -> Path:
    """Return the executable that runs; raise EvcliError if it is not a single file but an installed package."""
    archive = next((parent for parent in Path(__file__).parents if parent.is_file()), None)
    if archive is None:
        raise EvcliError(
            f"this evcli is a Python package in {Path(__file__).parents[1]}: update it with the package installer that "
            "installed it (only the stand-alone executable can update itself)"
        )
    return archive.resolve()


def replace_program(program: Path, content: bytes) -> None:
    """Put another executable in the place of the program, in one step."""
    temporary = program.with_name(f"{program.name}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
        temporary.chmod(0o755)
        temporary.replace(program)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise EvcliError(
            f'cannot replace "{program}": {error.strerror}; run "evcli update" as a user who may write there, for '
            "example with sudo"
        ) from error


COMMANDS = (
    Command(
        "update",
        "update the program to the latest release",
        _update,
        options=(Option("build-id", "install this build instead of the latest release", short="i", value="id"),),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
)
