"""The command line (contract evcli, section 2; G-42, G-43)."""

import pytest

from evcli.arguments import Argument, Option, Presence, parse_command, split_command
from evcli.errors import UsageError

OPTIONS = (Option("wait", "", short="w"), Option("directory", "", short="d", value="path"))
OUTPUT = Option("output", "", short="o", value="format", choices=("table", "json"))
NAME_AND_PARAMETERS = (Argument("name", ""), Argument("parameter", "", Presence.REPEATED))


@pytest.mark.parametrize(
    ("tokens", "options", "arguments"),
    [
        (["job"], {}, ("job",)),
        (["--wait", "job"], {"wait": ""}, ("job",)),
        (["-w", "job", "a=1"], {"wait": ""}, ("job", "a=1")),
        (["job", "a=1", "--wait"], {"wait": ""}, ("job", "a=1")),
        (["--directory", "x", "job"], {"directory": "x"}, ("job",)),
        (["--directory=x=y", "job"], {"directory": "x=y"}, ("job",)),
        (["--directory=", "job"], {"directory": ""}, ("job",)),
        (["-d", "-x", "job"], {"directory": "-x"}, ("job",)),
        (["-d", "x", "-d", "y", "job"], {"directory": "y"}, ("job",)),
        (["job", "-p", "p", "-q"], {"project-name": "p", "quiet": ""}, ("job",)),
        (["job", "--project", "p"], {"project-name": "p"}, ("job",)),
        (["job", "--project-name=p"], {"project-name": "p"}, ("job",)),
        (["--", "--wait", "-x"], {}, ("--wait", "-x")),
        (["job", "--", "--wait"], {}, ("job", "--wait")),
        (["job", "-"], {}, ("job", "-")),
        (["job", "wait=-1"], {}, ("job", "wait=-1")),
        (["--help"], {"help": ""}, ()),
    ],
)
def test_options_and_arguments_are_told_apart(
    tokens: list[str], options: dict[str, str], arguments: tuple[str, ...]
) -> None:
    invocation = parse_command(tokens, OPTIONS, NAME_AND_PARAMETERS)

    assert dict(invocation.options.given) == options
    assert invocation.arguments == arguments


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([], "missing argument(s): <name>"),
        (["--unknown", "job"], 'unknown option "--unknown"'),
        (["-x", "job"], 'unknown option "-x"'),
        (["-wd", "job"], 'unknown option "-wd"'),
        (["job", "--directory"], 'missing value for option "--directory"'),
        (["--wait=true", "job"], 'option "--wait" takes no value'),
        (["--output=xml", "job"], 'invalid value "xml" for option "--output": it must be one of table, json'),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_reason(tokens: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_command(tokens, (*OPTIONS, OUTPUT), NAME_AND_PARAMETERS)

    assert str(caught.value) == message


def test_a_command_without_arguments_refuses_them() -> None:
    with pytest.raises(UsageError, match="unexpected arguments"):
        parse_command(["x"], (), ())


def test_one_argument_too_many_is_refused() -> None:
    with pytest.raises(UsageError, match='too many arguments: "y"'):
        parse_command(["x", "y"], (), (Argument("name", ""),))


def test_an_optional_argument_may_be_absent() -> None:
    optional = (Argument("job", "", Presence.OPTIONAL),)

    assert parse_command([], (), optional).arguments == ()
    assert parse_command(["x"], (), optional).arguments == ("x",)


def test_options_end_at_the_first_argument_where_an_argument_can_be_any_text() -> None:
    arguments = (Argument("name", ""), Argument("value", ""))

    invocation = parse_command(["-q", "api.key", "--quiet"], (), arguments, options_end_at_argument=True)

    assert invocation.arguments == ("api.key", "--quiet")


def test_global_options_may_precede_the_command() -> None:
    options, name, rest = split_command(["--no-color", "-p", "x", "list-jobs", "-q"])

    assert dict(options.given) == {"no-color": "", "project-name": "x"}
    assert (name, list(rest)) == ("list-jobs", ["-q"])


def test_command_options_may_not_precede_the_command() -> None:
    with pytest.raises(UsageError, match="unknown option"):
        split_command(["--wait", "execute-job"])


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "0"])
def test_an_option_that_takes_an_integer_refuses_anything_else(text: str) -> None:
    options, _, _ = split_command(["--debug", text, "version"])

    with pytest.raises(UsageError, match="must be an integer of at least 1"):
        options.integer("debug", least=1, default=0)
