"""Help, version, usage errors, completion (contract evcli, sections 2, 8, 11)."""

import subprocess

import pytest

from evcli.commands.registry import MODULES, all_commands, command_names, find_command
from eventline_common.testing.evcli import Evcli


def test_the_version_is_data(fresh_evcli: Evcli) -> None:
    result = fresh_evcli.run("version")

    assert (result.status, result.stdout, result.stderr) == (0, "evcli v2.0.0\n", "")


@pytest.mark.parametrize("arguments", [("-h",), ("--help",), ("help",)])
def test_help_lists_all_commands_sorted_on_stderr(fresh_evcli: Evcli, arguments: tuple[str, ...]) -> None:
    result = fresh_evcli.run(*arguments)

    assert (result.status, result.stdout) == (0, "")
    listed = result.stderr.partition("COMMANDS\n\n")[2].partition("\n\nOPTIONS")[0].splitlines()
    assert [line.split()[0] for line in listed] == command_names()
    assert "-p, --project-name, --project <name>" in result.stderr


@pytest.mark.parametrize("arguments", [("help", "deploy-jobs"), ("deploy-jobs", "-h"), ("-h", "deploy-jobs", "x")])
def test_help_of_a_command_shows_its_arguments_and_options(fresh_evcli: Evcli, arguments: tuple[str, ...]) -> None:
    result = fresh_evcli.run(*arguments)

    assert (result.status, result.stdout) == (0, "")
    assert result.stderr.startswith("Usage: evcli GLOBAL-OPTIONS deploy-jobs COMMAND-OPTIONS [<path>...]\n")
    assert "-r, --recursive" in result.stderr
    assert "--no-color" in result.stderr


def test_help_of_an_unknown_command_fails(fresh_evcli: Evcli) -> None:
    assert fresh_evcli.run("help", "unknown").status == 1


@pytest.mark.parametrize(
    ("arguments", "message", "usage"),
    [
        ((), "missing command", "evcli GLOBAL-OPTIONS <command> COMMAND-OPTIONS"),
        (("unknown",), 'unknown command "unknown"', "evcli GLOBAL-OPTIONS <command> COMMAND-OPTIONS"),
        (("--x", "version"), 'unknown option "--x"', "evcli GLOBAL-OPTIONS <command> COMMAND-OPTIONS"),
        (
            ("delete-job",),
            "missing argument(s): <name>",
            "evcli GLOBAL-OPTIONS delete-job COMMAND-OPTIONS <name>",
        ),
    ],
)
def test_a_usage_error_is_followed_by_the_usage(
    fresh_evcli: Evcli, arguments: tuple[str, ...], message: str, usage: str
) -> None:
    result = fresh_evcli.run(*arguments)

    assert result.status == 1
    assert result.stderr == f"error: {message}\n\nUsage: {usage}\n"


def test_every_command_of_the_original_exists() -> None:
    original = """abort-job-execution create-identity create-project delete-identity delete-job delete-project
        deploy-job deploy-jobs describe-job execute-job export-job get-config help list-identities list-jobs
        list-projects login rename-job replay-event restart-job-execution set-config show-config update
        update-identity version"""

    assert set(original.split()) <= set(command_names())


def test_the_registry_and_the_modules_name_the_same_commands() -> None:
    for module, names in MODULES.items():
        assert {command.name for command in all_commands() if command.run.__module__.endswith(f".{module}")} == set(
            names
        )
    assert find_command("unknown") is None


def test_option_names_and_letters_are_unique_in_each_command() -> None:
    for command in all_commands():
        spellings = [spelling for option in command.options for spelling in option.spellings()]
        assert len(spellings) == len(set(spellings)), command.name
        assert not set(spellings) & {"-h", "-q", "-y", "-p"}, command.name


def test_commands_that_need_no_key_are_those_of_the_contract_and_three_of_ours() -> None:
    original = {"get-config", "help", "login", "set-config", "show-config", "update", "version"}

    ours = {"check-server", "completion", "logout"}
    assert {command.name for command in all_commands() if not command.needs_key} == original | ours


def test_the_bash_completion_completes_commands_and_options(fresh_evcli: Evcli) -> None:
    script = fresh_evcli.run("completion", "bash").stdout
    probe = """
        COMP_WORDS=(evcli -q deploy-job); COMP_CWORD=2; _evcli; echo "${COMPREPLY[@]}"
        COMP_WORDS=(evcli deploy-job --dr); COMP_CWORD=2; _evcli; echo "${COMPREPLY[@]}"
    """

    done = subprocess.run(["bash", "-c", script + probe], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["deploy-job deploy-jobs", "--dry-run"]


def test_the_completions_of_other_shells_name_every_command(fresh_evcli: Evcli) -> None:
    for shell in ("zsh", "fish"):
        script = fresh_evcli.run("completion", shell).stdout
        assert all(name in script for name in command_names())
    assert fresh_evcli.run("completion", "csh").status == 1


def test_a_reader_that_has_gone_ends_the_program_quietly(fresh_evcli: Evcli) -> None:
    process = fresh_evcli.start("version", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()

    _, stderr = process.communicate(timeout=30)

    assert (process.returncode, stderr) == (1, b"")
