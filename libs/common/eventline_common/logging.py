"""Log lines: what they look like, where they go, which ones are written (service-config.md, section 6).

A line has a domain, a level (`debug.<n>`, `info`, `error`), an event in the past tense and keys. Everything goes to
standard error, what libraries say as well. `log.debug("event", debug_level=2)` says how deep a debug message lies;
without it, that is 1.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from eventline_common.clock import utc_now
from eventline_common.settings.logger import LogBackend, LoggerSettings

Line = MutableMapping[str, Any]
Render = Callable[[Line], str]

_PLAIN = re.compile(r"[^\s\"'=\x00-\x1f\x7f-\x9f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LEVELS = {"warning": "info", "critical": "error", "exception": "error"}
_CHATTY = ("uvicorn.access",)


class _StandardError:
    """Writes lines to whatever is standard error now; a log that cannot be written never stops a service."""

    def write(self, text: str) -> None:
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            pass

    msg = debug = info = warning = error = critical = exception = fatal = log = write


class _JsonLines:
    """One object per line: `time`, `domain`, `level`, `msg`, `data`."""

    def __call__(self, line: Line) -> str:
        entry = {
            "time": utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "domain": line.pop("domain", ""),
            "level": line.pop("level"),
            "msg": str(line.pop("event", "")),
            "data": line,
        }
        return _json(entry)


class _TerminalLines:
    """The domain in a column, the event, then the keys; errors stand out."""

    def __init__(self, *, domain_width: int, color: bool) -> None:
        self._width = domain_width
        self._color = color

    def __call__(self, line: Line) -> str:
        level = line.pop("level")
        domain = self._painted("32", str(line.pop("domain", "")).ljust(self._width))
        event = _CONTROL.sub(_escaped, str(line.pop("event", "")))
        exception = line.pop("exception", None)
        if level != "info":
            event = f"{self._painted('31' if level == 'error' else '33', level)}: {event}"
        keys = [f"{self._painted('34', name)}={_value(value)}" for name, value in line.items()]
        text = "  ".join([domain, " ".join([event, *keys])])
        return text if exception is None else f"{text}\n{_CONTROL_IN_TRACE.sub(_escaped, str(exception))}"

    def _painted(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text


class _Foreign(logging.Handler):
    """Passes what libraries log on to the same output."""

    def __init__(self, render: Render) -> None:
        super().__init__()
        self._render = render
        self._output = _StandardError()

    def emit(self, record: logging.LogRecord) -> None:
        line: Line = {"domain": record.name, "level": _foreign_level(record.levelno), "event": record.getMessage()}
        if record.exc_info:
            line["exc_info"] = record.exc_info
        self._output.write(self._render(structlog.processors.format_exc_info(None, "", line)))


def configure_logging(settings: LoggerSettings, *, quiet: bool = False, debug_level: int | None = None) -> None:
    """Decide for this process what is written and how; call it once, before the first line.

    `quiet` leaves errors only; `debug_level` replaces that of the settings.
    """
    depth = settings.debug_level if debug_level is None else debug_level
    render = _renderer(settings)
    least = logging.ERROR if quiet else logging.DEBUG if depth else logging.INFO

    def rendered(_logger: object, method: str, line: Line) -> str:
        _set_level(line, method, depth)
        return render(line)

    structlog.configure(
        processors=[structlog.processors.format_exc_info, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=_logger_factory,
        cache_logger_on_first_use=True,
    )
    _capture_libraries(render, _foreign_threshold(quiet=quiet, depth=depth))


def get_logger(domain: str) -> FilteringBoundLogger:
    """Give the logger of a domain; it may be made before logging is configured."""
    logger: FilteringBoundLogger = structlog.get_logger(domain=domain)
    return logger


def _logger_factory(*_args: object) -> _StandardError:
    return _StandardError()


def _renderer(settings: LoggerSettings) -> Render:
    if settings.backend_type is LogBackend.JSON:
        return _JsonLines()
    terminal = settings.terminal_backend
    color = terminal.force_color or (terminal.color and sys.stderr.isatty())
    return _TerminalLines(domain_width=terminal.domain_width, color=color)


def _set_level(line: Line, method: str, depth: int) -> None:
    """Name the level; drop debug messages that lie deeper than was asked for."""
    if method != "debug":
        line["level"] = _LEVELS.get(method, method)
        return
    wanted = line.pop("debug_level", 1)
    if wanted > depth:
        raise structlog.DropEvent
    line["level"] = f"debug.{wanted}"


def _capture_libraries(render: Render, threshold: int) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Foreign):
            root.removeHandler(handler)
    root.addHandler(_Foreign(render))
    root.setLevel(threshold)
    for name in _CHATTY:
        logging.getLogger(name).disabled = True


def _foreign_threshold(*, quiet: bool, depth: int) -> int:
    """Give the least level of libraries: their warnings, from debug level 2 on their information, from 3 on all."""
    if quiet:
        return logging.ERROR
    return {0: logging.WARNING, 1: logging.WARNING, 2: logging.INFO}.get(depth, logging.DEBUG)


def _foreign_level(number: int) -> str:
    if number >= logging.ERROR:
        return "error"
    return "info" if number >= logging.INFO else "debug.3"


def _value(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return _CONTROL.sub(_escaped, _json(value))


def _json(value: object) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()
    except (TypeError, ValueError):
        # Lone surrogates and integers beyond 64 bits, which orjson refuses.
        return json.dumps(value, default=str, skipkeys=True, separators=(",", ":"))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
