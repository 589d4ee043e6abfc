"""Log lines reach standard error in the configured form, and only those that were asked for."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from eventline_common.logging import configure_logging, get_logger
from eventline_common.settings import LogBackend, LoggerSettings, TerminalBackendSettings

JSON = LoggerSettings(backend_type=LogBackend.JSON)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = False


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_a_json_line_has_time_domain_level_message_and_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(JSON)
    get_logger("bus").info("hint_lost", subject="a", count=3, at=datetime(2026, 1, 2, tzinfo=UTC))
    [line] = json_lines(capsys)
    time = line.pop("time")
    assert line == {
        "domain": "bus",
        "level": "info",
        "msg": "hint_lost",
        "data": {"subject": "a", "count": 3, "at": "2026-01-02T00:00:00Z"},
    }
    assert isinstance(time, str)
    assert time.endswith("Z")
    assert datetime.fromisoformat(time).tzinfo is UTC


def test_a_terminal_line_has_the_domain_in_a_column_then_the_event_and_keys(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggerSettings(terminal_backend=TerminalBackendSettings(domain_width=10)))
    log = get_logger("bus")
    log.info("hint_lost", subject="a b", count=3)
    log.error("bus_failed", why="x")
    assert capsys.readouterr().err == (
        'bus         hint_lost subject="a b" count=3\nbus         error: bus_failed why=x\n'
    )


def test_a_bound_key_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(JSON)
    log = get_logger("executor").bind(execution="x")
    log.info("step_started", position=1)
    assert json_lines(capsys)[0]["data"] == {"execution": "x", "position": 1}


@pytest.mark.parametrize(
    ("quiet", "debug_level", "expected"),
    [
        (False, None, ["info", "info", "error"]),
        (False, 1, ["debug.1", "info", "info", "error"]),
        (False, 2, ["debug.1", "debug.2", "info", "info", "error"]),
        (True, 2, ["error"]),
        (True, None, ["error"]),
    ],
)
def test_only_the_levels_that_were_asked_for_are_written(
    capsys: pytest.CaptureFixture[str], *, quiet: bool, debug_level: int | None, expected: list[str]
) -> None:
    configure_logging(JSON, quiet=quiet, debug_level=debug_level)
    log = get_logger("x")
    log.debug("a")
    log.debug("b", debug_level=2)
    log.debug("c", debug_level=3)
    log.info("d")
    log.warning("e")
    log.error("f")
    assert [line["level"] for line in json_lines(capsys)] == expected


def test_the_debug_level_of_the_settings_holds_unless_it_is_overridden(capsys: pytest.CaptureFixture[str]) -> None:
    settings = LoggerSettings(backend_type=LogBackend.JSON, debug_level=1)
    configure_logging(settings)
    get_logger("x").debug("shown")
    structlog.reset_defaults()
    configure_logging(settings, debug_level=0)
    get_logger("x").debug("hidden")
    assert [line["msg"] for line in json_lines(capsys)] == ["shown"]


def test_an_exception_comes_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(JSON)
    error = ValueError("broken")
    get_logger("x").error("failed", exc_info=error)
    [line] = json_lines(capsys)
    assert isinstance(line["data"], dict)
    assert line["data"]["exception"].endswith("ValueError: broken")


def test_a_traceback_follows_its_terminal_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggerSettings())
    get_logger("x").error("failed", exc_info=ValueError("bro\x1bken"), key=1)
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith("error: failed key=1")
    assert others[-1] == "ValueError: bro\\u001bken"


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "color", "force_color", "colored"),
    [
        (True, True, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, True, True, True),
        (False, False, True, True),
    ],
)
def test_colours_are_for_terminals_unless_forced(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, color: bool, force_color: bool, colored: bool
) -> None:
    output = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    configure_logging(LoggerSettings(terminal_backend=TerminalBackendSettings(color=color, force_color=force_color)))
    get_logger("x").info("started", key=1)
    assert ("\x1b[" in output.getvalue()) is colored


def test_what_comes_from_outside_cannot_forge_a_line_nor_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LoggerSettings())
    get_logger("x").info("request_answered", path="/\n2026 forged \x1b[2J\x9b\u2028", nested={"a": "\n\x7f"})
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert shown.removesuffix("\n").isprintable()


@pytest.mark.parametrize("value", ["\ud800", 2**70, {("a",): 1}, object, {1: 2}, b"\xff", {"x"}])
def test_whatever_the_value_the_line_is_one_object(capsys: pytest.CaptureFixture[str], value: object) -> None:
    configure_logging(JSON)
    get_logger("x").info("odd", value=value)
    [line] = json_lines(capsys)
    assert line["msg"] == "odd"


def test_what_libraries_log_takes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(JSON)
    logging.getLogger("asyncpg").warning("slow %s", "query")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.access").error("GET /")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("nats").exception("lost")
    first, second = json_lines(capsys)
    assert (first["domain"], first["level"], first["msg"]) == ("asyncpg", "info", "slow query")
    assert (second["domain"], second["level"], second["msg"]) == ("nats", "error", "lost")
    assert "ValueError: broken" in json.dumps(second["data"])


@pytest.mark.parametrize(("debug_level", "expected"), [(1, ["w"]), (2, ["i", "w"]), (3, ["d", "i", "w"])])
def test_libraries_say_more_the_deeper_the_debug_level(
    capsys: pytest.CaptureFixture[str], debug_level: int, expected: list[str]
) -> None:
    configure_logging(JSON, debug_level=debug_level)
    library = logging.getLogger("some.library")
    library.debug("d")
    library.info("i")
    library.warning("w")
    assert [line["msg"] for line in json_lines(capsys)] == expected


def test_configuring_again_does_not_double_the_lines_of_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(JSON)
    configure_logging(JSON)
    logging.getLogger("some.library").error("once")
    assert len(json_lines(capsys)) == 1


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    configure_logging(JSON)
    monkeypatch.setattr(sys, "stderr", closed)
    get_logger("x").info("unheard")
