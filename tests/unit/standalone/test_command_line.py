"""The command line of `eventline`."""

import subprocess
import sys
from pathlib import Path

import pytest

from eventline_standalone.command_line import parse_command_line


def test_options_may_stand_before_or_after_the_command() -> None:
    before = parse_command_line(["-c", "a.yaml", "--debug", "2", "up"], {})
    after = parse_command_line(["up", "-c", "a.yaml", "--debug", "2"], {})

    assert before.cfg_file == after.cfg_file == Path("a.yaml")
    assert before.debug_level == after.debug_level == 2
    assert before.command == after.command == "up"


def test_without_a_command_it_is_a_server() -> None:
    parsed = parse_command_line(["--cfg-file", "a.yaml", "-q"], {})

    assert parsed.command is None
    assert parsed.quiet is True


def test_the_data_directory_is_an_option_or_a_variable_or_data() -> None:
    variable = {"EVENTLINE_DATA_DIRECTORY": "/srv/eventline"}

    assert parse_command_line(["up"], {}).data_directory == Path("data")
    assert parse_command_line(["status"], variable).data_directory == Path("/srv/eventline")
    assert parse_command_line(["up", "--data-directory", "/x"], variable).data_directory == Path("/x")


def test_migrate_goes_up_unless_told_otherwise() -> None:
    up = parse_command_line(["migrate"], {})
    down = parse_command_line(["migrate", "down", "0001", "--pg-uri", "postgres://x"], {})

    assert (up.direction, up.revision) == ("up", None)
    assert (down.direction, down.revision, down.pg_uri) == ("down", "0001", "postgres://x")


@pytest.mark.parametrize("words", [["up", "--api-port", "65536"], ["up", "--api-port", "x"], ["sideways"], ["--what"]])
def test_what_makes_no_sense_ends_with_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(words, {})

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: eventline")


@pytest.mark.parametrize("words", [["help"], ["--help"], ["help", "up"], ["up", "-h"]])
def test_help_is_printed_with_status_0(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(words, {})

    assert ended.value.code == 0
    assert "usage: eventline" in capsys.readouterr().out


def test_commands_that_show_something_import_nothing_heavy() -> None:
    heavy = "alembic sqlalchemy asyncpg nats fastapi uvicorn structlog kubernetes docker asyncssh"
    program = (
        "import sys; from eventline_standalone.__main__ import main; main(['status', '--data-directory', '/nowhere']);"
        f"print(*[name for name in '{heavy}'.split() if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "eventline does not run in /nowhere\n\n"
