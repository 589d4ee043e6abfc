"""Every command on a real server: every route of the API is reached, every reading command knows every format."""

import json
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from evcli.app import run
from evcli.command import OUTPUT, OUTPUT_FORMATS
from evcli.commands.registry import all_commands, command_names
from evcli.terminal import Terminal
from eventline_common.testing.evcli import Result, read_line
from tests.contract.evcli.scene import Scene
from tests.contract.evcli.walk import ENDLESS, READING, WRITING, Line, prepare

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "reference" / "evcli.md"
TITLE = "## Routes without a command"
Route = tuple[str, str]


@pytest.fixture
def prepared(busy_scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene with all that the walk names."""
    prepare(busy_scene)
    monkeypatch.chdir(busy_scene.directory)
    return busy_scene


def walk(scene: Scene, line: Line, *more: str) -> Result:
    """Run a line in this process, showing its requests."""
    words = ["--debug", "2", *shlex.split(line.words.format_map(scene.names)), *more]
    terminal = Terminal(stdout=(stdout := BytesIO()), stderr=(stderr := BytesIO()), stdin=BytesIO(line.stdin.encode()))
    status = run(words, scene.evcli.environment(scene.environment({})), terminal)
    result = Result(status, stdout.getvalue().decode(errors="replace"), stderr.getvalue().decode())
    assert status == line.status, f"evcli {line.words}: {result.stderr}"
    return result


def interrupt(scene: Scene, words: str, begin: str) -> Result:
    """Run an endless line as a process, and interrupt it once it has begun and has a connection."""
    environment = scene.environment({})
    process = scene.evcli.start("--debug", "2", *shlex.split(words), env=environment, stderr=subprocess.PIPE)
    stderr = read_line(process, begin) + read_line(process, "debug.2: ")
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, rest
    return Result(0, "", stderr + rest)


def routes_of(document: Mapping[str, Mapping[str, object]]) -> dict[Route, re.Pattern[str]]:
    """Give every route with the expression of its paths; those with fewer variables first."""
    found = [(method.upper(), path) for path, methods in document.items() for method in methods if method != "head"]
    found.sort(key=lambda route: route[1].count("{"))
    return {(method, path): re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for method, path in found}


def reached(routes: Mapping[Route, re.Pattern[str]], stderr: str) -> Iterator[Route]:
    """Give the routes of the requests that evcli shows."""
    for method, uri in re.findall(r"^debug\.2: ([A-Z]+) (\S+) \d+ ", stderr, re.MULTILINE):
        wanted = "GET" if method == "HEAD" else method
        path = urlsplit(uri).path
        yield next(route for route, pattern in routes.items() if route[0] == wanted and pattern.fullmatch(path))


def routes_without_a_command() -> set[Route]:
    """Read the table of the documentation."""
    section = DOCUMENT.read_text().partition(f"{TITLE}\n")[2].partition("\n## ")[0]
    return {(method, path) for method, path in re.findall(r"^\| `([A-Z]+) (\S+)` \| \S", section, re.MULTILINE)}


def test_every_route_is_reached_by_a_command_or_listed_as_having_none(prepared: Scene) -> None:
    routes = routes_of(prepared.client.call("GET", "/openapi.json")["paths"])
    lines = [*(Line(words) for words in READING), *WRITING]
    shown = [walk(prepared, line).stderr for line in lines]
    shown += [interrupt(prepared, words, begin).stderr for words, begin in ENDLESS]
    found = {route for stderr in shown for route in reached(routes, stderr)}
    excluded = routes_without_a_command()

    missing = [f"{method} {path}" for method, path in sorted(set(routes) - found - excluded)]
    assert missing == [], (
        "no command of evcli reaches these routes: add one in cli/evcli/commands/ with a line in "
        f'tests/contract/evcli/walk.py, or a row with the reason in docs/reference/evcli.md, "{TITLE}"'
    )
    assert excluded <= set(routes), "the table lists routes that do not exist"
    assert excluded & found == set(), "the table lists routes that commands reach"


def test_every_command_is_walked() -> None:
    lines = [*READING, *(line.words for line in WRITING), *(words for words, _ in ENDLESS)]
    walked = {next(word for word in words.split() if word in command_names()) for words in lines}

    assert set(command_names()) - walked == set(), "add lines to tests/contract/evcli/walk.py"


def test_every_reading_command_has_an_output_option() -> None:
    reading = re.compile(r"(describe|diff|get|list|show|watch)-|version$")
    without = [each.name for each in all_commands() if reading.match(each.name) and OUTPUT not in each.options]
    unread = {each.name for each in all_commands() if OUTPUT in each.options} - {
        *(words.split()[0] for words in READING),
        *(words for words, _ in ENDLESS),
    }

    assert without == []
    assert unread == set(), "reading commands belong to READING in tests/contract/evcli/walk.py"


def test_every_reading_command_prints_every_format(prepared: Scene) -> None:
    assert OUTPUT_FORMATS == ("table", "json", "yaml")
    for words in READING:
        document = json.loads(walk(prepared, Line(words), "--output", "json").stdout)
        same = yaml.safe_load(walk(prepared, Line(words), "-o", "yaml").stdout)
        table = walk(prepared, Line(words), "--output=table")

        assert type(same) is type(document), words
        assert table.stdout or re.search(r"^[A-Z ]+$", table.stderr, re.MULTILINE), words
        assert not table.stdout.startswith(("{", "[")), words
