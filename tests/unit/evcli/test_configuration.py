"""The configuration file and its commands (contract evcli, section 5; G-94)."""

import json
import stat

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

KEY = "6c1b5a0e-secret"


def test_the_first_run_of_any_command_creates_the_file_with_defaults(fresh_evcli: Evcli) -> None:
    fresh_evcli.run("version")

    path = fresh_evcli.configuration_path
    assert path.read_text() == (
        '{\n  "interface": {\n    "color": true\n  },\n  "api": {\n    "endpoint": "http://localhost:8085"\n  },\n'
        '  "misc": {}\n}\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_commands_work_where_no_file_can_be_created(fresh_evcli: Evcli) -> None:
    result = fresh_evcli.run("version", env={"HOME": "/dev/null"})

    assert (result.status, result.stderr) == (0, "")


def test_the_environment_can_name_another_file(fresh_evcli: Evcli) -> None:
    path = fresh_evcli.directory / "other" / "config.json"

    fresh_evcli.run("set-config", "api.endpoint", "http://x", env={"EVCLI_CONFIG_PATH": str(path)})

    assert json.loads(path.read_text())["api"]["endpoint"] == "http://x"
    assert not fresh_evcli.configuration_path.exists()


@pytest.mark.parametrize(("mode", "who"), [(0o640, "group"), (0o604, "world"), (0o644, "world")])
def test_a_file_that_others_can_read_is_refused(fresh_evcli: Evcli, mode: int, who: str) -> None:
    fresh_evcli.configure({}, mode=mode)

    result = fresh_evcli.run("get-config", "api.endpoint")

    assert result.status == 1
    assert f"must not be {who} readable" in result.errors[0]
    assert str(fresh_evcli.configuration_path) in result.errors[0]


def test_a_file_that_others_can_write_is_accepted(fresh_evcli: Evcli) -> None:
    fresh_evcli.configure({}, mode=0o622)

    assert fresh_evcli.run("get-config", "api.endpoint").stdout == "http://localhost:8085\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot decode configuration file"),
        ("[]", "must be a JSON object"),
        ('{"api": 1}', '"api" must be an object'),
        ('{"api": {"key": 1}}', '"api.key" must be a string'),
        ('{"interface": {"color": "yes"}}', '"interface.color" must be a boolean'),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(fresh_evcli: Evcli, content: str, message: str) -> None:
    fresh_evcli.configure({})
    fresh_evcli.configuration_path.write_text(content)

    result = fresh_evcli.run("version")

    assert result.status == 1
    assert message in result.errors[0]


def test_unknown_members_are_ignored_and_lost_on_writing(fresh_evcli: Evcli) -> None:
    fresh_evcli.configure({"api": {"key": KEY, "other": 1}, "unknown": {}})

    assert fresh_evcli.run("set-config", "interface.color", " FALSE ").status == 0

    assert json.loads(fresh_evcli.configuration_path.read_text()) == {
        "interface": {"color": False},
        "api": {"endpoint": "http://localhost:8085", "key": KEY},
        "misc": {},
    }
    assert fresh_evcli.run("get-config", "interface.color").stdout == "false\n"


def test_booleans_and_entry_names_are_checked(fresh_evcli: Evcli) -> None:
    boolean = fresh_evcli.run("set-config", "interface.color", "1")
    name = fresh_evcli.run("get-config", "api.unknown")

    assert (boolean.status, name.status) == (1, 1)
    assert "must be true or false" in boolean.errors[0]
    assert 'unknown configuration entry "api.unknown"; entries: api.endpoint' in name.errors[0]


def test_a_value_may_look_like_an_option(fresh_evcli: Evcli) -> None:
    fresh_evcli.run("set-config", "api.key", "--key")

    assert fresh_evcli.run("get-config", "api.key").stdout == "--key\n"


def test_scripts_see_the_key_and_people_do_not(fresh_evcli: Evcli) -> None:
    fresh_evcli.configure({"api": {"key": KEY}})

    piped = fresh_evcli.run("show-config")
    shown = fresh_evcli.run_on_terminal("show-config")
    entries = fresh_evcli.run_on_terminal("show-config", "--entries")

    assert json.loads(piped.stdout)["api"]["key"] == KEY
    assert json.loads(shown.stdout)["api"]["key"] == "********"
    assert KEY not in entries.stdout


def test_entries_are_listed_as_a_table(fresh_evcli: Evcli) -> None:
    result = fresh_evcli.run("show-config", "--entries")

    assert result.stderr.split() == ["NAME", "VALUE"]
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["api.endpoint", "http://localhost:8085"],
        ["api.key"],
        ["interface.color", "true"],
        ["misc.disable_update_check", "false"],
    ]


def test_the_configuration_can_be_read_as_yaml(fresh_evcli: Evcli) -> None:
    assert fresh_evcli.run("show-config", "-o", "yaml").stdout == (
        "api:\n  endpoint: http://localhost:8085\ninterface:\n  color: true\nmisc: {}\n"
    )


def test_a_missing_api_key_comes_with_advice(fresh_evcli: Evcli) -> None:
    result = fresh_evcli.run("list-jobs")

    assert result.status == 1
    assert result.errors[0].startswith('missing API key: run "evcli login"')


def test_the_key_of_the_environment_wins(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", {"elements": []})

    evcli.run("list-projects", env={"EVENTLINE_API_KEY": "other"})

    assert server.requests[0].headers["authorization"] == "Bearer other"
