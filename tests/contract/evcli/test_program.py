"""Contract evcli, sections 2, 5, 6 and 8: the command line, help, the configuration, logging in, the version."""

import json
import re
import stat

from evcli.commands.registry import command_names
from tests.contract.evcli import test_executions_and_events, test_jobs, test_projects_and_identities
from tests.contract.evcli.rows import Row, cases, check, misuse, refusal, table
from tests.contract.evcli.scene import Scene

# Section 8, the first column of its table.
CONTRACT = """abort-job-execution create-identity create-project delete-identity delete-job delete-project deploy-job
    deploy-jobs describe-job execute-job export-job get-config help list-identities list-jobs list-projects login
    rename-job replay-event restart-job-execution set-config show-config update update-identity version"""
PROGRAM_USAGE = "evcli GLOBAL-OPTIONS <command> COMMAND-OPTIONS"
PACKAGE = "this evcli is a Python package in «text»"


def entry(scene: Scene, name: str) -> str:
    """Return an entry of the configuration as evcli gives it to scripts."""
    return scene.evcli.run("get-config", name).stdout.removesuffix("\n")


def the_new_key_works(scene: Scene) -> bool:
    document = json.loads(scene.evcli.configuration_path.read_text())
    assert document["api"]["endpoint"] == scene.names["uri"]
    assert document["api"]["key"] != scene.client.key
    assert stat.S_IMODE(scene.evcli.configuration_path.stat().st_mode) == 0o600
    return scene.evcli.run("list-jobs", env=scene.environment({})).status == 0


def no_key(scene: Scene) -> None:
    """Forget the key."""
    scene.evcli.run("set-config", "api.key", "")


def colors_are_off(scene: Scene) -> bool:
    return entry(scene, "interface.color") == "false"


LOGGED_IN = "logging in to {uri}\nlogin successful: API key evcli-«digits»T«digits»Z created\nconfiguration updated\n"
COMMAND_LINE = (
    misuse("no command", "-q", "missing command", PROGRAM_USAGE),
    misuse("an unknown option", "version --none", 'unknown option "--none"', "«text» version «text»"),
    misuse("an unknown global option", "--none version", 'unknown option "--none"', PROGRAM_USAGE),
    misuse("an unknown command", "none", 'unknown command "none"', PROGRAM_USAGE),
    misuse("a value that is missing", "version -p", 'missing value for option "-p"'),
    misuse("a short option with a sign", "version -q=1", 'unknown option "-q=1"'),
    misuse("a flag with a value", "version --quiet=1", 'option "--quiet" takes no value'),
    misuse("a debug level that is none", "version --debug x", 'invalid value "x" for option "--debug": «text»'),
    misuse("arguments for nothing", "list-projects none", "unexpected arguments: «text»"),
    Row("--name=value", "version --debug=0", "evcli v2.0.0\n"),
    Row("-- ends the options", "-- version", "evcli v2.0.0\n"),
    refusal("what follows -- is an argument", "get-config -- --no", 'unknown configuration entry "--no"; «text»'),
)
KEYS = (
    refusal("a key is needed", "list-jobs", "missing API key: «text»", given=(no_key,)),
    refusal("EVENTLINE_API_KEY wins", "list-projects", "«text»", environment={"EVENTLINE_API_KEY": "none"}),
    Row("no key for the version", "version", "evcli v2.0.0\n", given=(no_key,)),
)
SHOWN = """{{
  "interface": {{
    "color": true
  }},
  "api": {{
    "endpoint": "{uri}",
    "key": "«key»"
  }},
  "misc": {{
    "disable_update_check": true
  }}
}}
"""
CONFIGURATION = (
    Row("a string", "get-config api.endpoint", "{uri}\n"),
    Row("a boolean", "get-config interface.color", "true\n"),
    Row("the update check", "get-config misc.disable_update_check", "true\n"),
    refusal("an unknown entry", "get-config api.none", 'unknown configuration entry "api.none"; «text»'),
    Row("a string as it is", "set-config api.key ' a b '", then=lambda scene: entry(scene, "api.key") == " a b "),
    Row("a boolean in any case", "set-config interface.color ' False '", then=colors_are_off),
    refusal("a boolean that is none", "set-config interface.color no", 'invalid value "no" for «text»'),
    refusal("an entry that nobody knows", "set-config none x", 'unknown configuration entry "none"; «text»'),
    Row("the file as JSON, the key included", "show-config", SHOWN),
)
LOGGING_IN = (
    refusal("refuses while there is a key", "login", "the configuration already contains an API key; «text»"),
    Row("replaces it by force", "login --force", stderr=LOGGED_IN, stdin="admin\n", then=the_new_key_works),
    Row("gets the first key", "login", stderr=LOGGED_IN, stdin="admin\n", given=(no_key,), then=the_new_key_works),
    Row(
        "a wrong password",
        "login -u nobody-{project}",
        stderr="logging in to {uri}\nerror: «text»\n",
        status=1,
        stdin="wrong\n",
        given=(no_key,),
        then=lambda scene: entry(scene, "api.key") == "",
    ),
)
PROGRAM = (
    refusal("of an unknown command", "help none", 'unknown command "none"; «text»'),
    Row("the build id is data", "version", "evcli v2.0.0\n"),
    misuse("no argument", "version x", "unexpected arguments: «text»"),
    refusal("packages are left to their installer", "update", PACKAGE),
    refusal("to a build", "update --build-id v9.0.0", PACKAGE),
)


@cases([*COMMAND_LINE, *KEYS, *CONFIGURATION, *LOGGING_IN, *PROGRAM])
def test_the_program_keeps_the_contract(scene: Scene, row: Row) -> None:
    check(row, scene)


def test_entries_are_a_table(scene: Scene) -> None:
    heading, rows = table(
        ("NAME", "VALUE"),
        ("api.endpoint", scene.names["uri"]),
        ("api.key", scene.client.key),
        ("interface.color", "true"),
        ("misc.disable_update_check", "true"),
    )

    for option in ("-e", "--entries"):
        result = scene.evcli.run("show-config", option)
        assert (result.status, result.stderr, result.stdout) == (0, heading, rows)


def test_help_is_on_stderr_with_status_0(scene: Scene) -> None:
    for words in (["-h"], ["--help"], ["help"]):
        result = scene.evcli.run(*words)
        assert (result.status, result.stdout) == (0, "")
        assert re.findall(r"\n\n([A-Z ]+)\n\n", result.stderr) == ["COMMANDS", "OPTIONS"]
    for words in (["help", "export-job"], ["export-job", "-h"], ["export-job", "x", "--help"]):
        result = scene.evcli.run(*words)
        assert (result.status, result.stdout) == (0, "")
        assert re.findall(r"\n\n([A-Z ]+)\n\n", result.stderr) == ["ARGUMENTS", "GLOBAL OPTIONS", "COMMAND OPTIONS"]


def test_every_command_of_the_contract_has_rows() -> None:
    modules = (test_executions_and_events, test_jobs, test_projects_and_identities)
    groups = [value for module in modules for value in vars(module).values() if isinstance(value, tuple)]
    groups += [COMMAND_LINE, KEYS, CONFIGURATION, LOGGING_IN, PROGRAM]
    shown = {row.command for group in groups for row in group if isinstance(row, Row)}

    assert set(CONTRACT.split()) <= set(command_names())
    assert set(CONTRACT.split()) - shown == set()
