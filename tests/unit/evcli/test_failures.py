"""What the program does when something is wrong: a sentence, a trace for those who ask, patience with servers."""

import subprocess
import sys

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import Answer, ScriptedServer

BUSY = Answer.of({"error": "come back later", "code": "service_unavailable"}, 503)


def test_an_answer_that_makes_no_sense_is_a_sentence_without_a_trace(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/x", {"id": "1"})

    result = evcli.run("describe-job", "x")

    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "error: unexpected failure, KeyError: 'spec'; \"--debug 1\" shows where\n"


def test_a_trace_is_for_those_who_debug(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/x", {"id": "1"})
    server.refuse("GET", "/jobs/name/none", 404, "unknown_job", "unknown job")

    for name, error in (("x", "unexpected failure, KeyError: 'spec'"), ("none", "unknown job")):
        result = evcli.run("describe-job", name, "--debug", "1")
        assert "Traceback (most recent call last):\n" in result.stderr
        assert result.stderr.endswith(f"\nerror: {error}\n")


def test_a_reading_request_is_repeated_while_the_server_is_away(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", BUSY, BUSY, {"elements": []})

    assert evcli.run("list-projects").status == 0
    assert len(server.received("GET", "/projects")) == 3


def test_patience_with_a_server_ends(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", BUSY)

    result = evcli.run("list-projects")

    assert (result.status, result.errors) == (1, ["come back later"])
    assert len(server.received("GET", "/projects")) == 4


def test_a_writing_request_is_sent_once(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/projects", BUSY)

    assert evcli.run("create-project", "x").status == 1
    assert len(server.received("POST", "/projects")) == 1


@pytest.mark.parametrize("arguments", [("describe-job", ""), ("describe-project", ""), ("delete-identity", "")])
def test_an_empty_name_is_refused_before_it_is_sent(
    evcli: Evcli, server: ScriptedServer, arguments: tuple[str, ...]
) -> None:
    result = evcli.run(*arguments)

    assert (result.status, result.errors) == (1, ["a name or an identifier must not be empty"])
    assert [request.path for request in server.requests if request.path != "/projects/name/main"] == []


def test_a_reader_that_has_seen_enough_ends_a_list_quietly(evcli: Evcli, server: ScriptedServer) -> None:
    elements = [{"id": f"{number:05}", "name": "x" * 100} for number in range(5000)]
    server.on("GET", "/projects", {"elements": elements})
    command = f"{sys.executable} -m evcli list-projects | head -1; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", command], env=evcli.environment({}), capture_output=True, text=True, timeout=100, check=True
    )

    row, status = done.stdout.splitlines()
    assert (row.split()[0], status) == ("00000", "1")
    assert done.stderr.split() == ["ID", "NAME"]


@pytest.mark.parametrize(("streams", "expected"), [(">&-", ""), ("2>&-", "evcli v2.0.0\n"), ("<&-", "evcli v2.0.0\n")])
def test_a_stream_that_is_closed_does_no_harm(fresh_evcli: Evcli, streams: str, expected: str) -> None:
    command = f"{sys.executable} -m evcli version {streams}"

    done = subprocess.run(
        ["sh", "-c", command],
        env=fresh_evcli.environment({}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_nothing_is_coloured_and_nothing_else_is_said_in_a_pipe(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", {"elements": [{"id": "1", "name": "x"}]})

    piped, shown = evcli.run("list-projects"), evcli.run_on_terminal("list-projects")
    plain = evcli.run_on_terminal("list-projects", "--no-color")

    assert (piped.stdout, piped.stderr) == ("1   x   \n", "ID  NAME\n")
    assert shown.stderr == "\x1b[33mID  NAME\x1b[0m\n"
    assert plain.stderr == "ID  NAME\n"
