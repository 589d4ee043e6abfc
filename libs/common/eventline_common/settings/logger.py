"""Settings of the log (service-config.md, section 6)."""

from dataclasses import dataclass, field
from enum import StrEnum

from eventline_common.settings.block import Block


class LogBackend(StrEnum):
    """How log lines are written."""

    TERMINAL = "terminal"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class TerminalBackendSettings:
    """Settings `logger.terminal_backend`."""

    color: bool = True
    force_color: bool = False
    domain_width: int = 32


@dataclass(frozen=True, slots=True)
class LoggerSettings:
    """Settings `logger`."""

    backend_type: LogBackend = LogBackend.TERMINAL
    terminal_backend: TerminalBackendSettings = field(default_factory=TerminalBackendSettings)
    debug_level: int = 0


def read_logger(block: Block) -> LoggerSettings:
    """Read `logger`; the JSON backend must come with its object, which has no members."""
    backend = LogBackend(block.choice("backend_type", LogBackend.TERMINAL.value, [kind.value for kind in LogBackend]))
    block.block("json_backend")
    if backend is LogBackend.JSON and not block.has("json_backend"):
        block.wrong("json_backend", 'is missing: with the backend "json" it must be an object, as in json_backend: {}')
    terminal = block.block("terminal_backend")
    default = TerminalBackendSettings()
    return LoggerSettings(
        backend_type=backend,
        terminal_backend=TerminalBackendSettings(
            color=terminal.boolean("color", default.color),
            force_color=terminal.boolean("force_color", default.force_color),
            domain_width=terminal.integer("domain_width", default.domain_width, least=0, most=200),
        ),
        debug_level=block.integer("debug_level", 0, least=0, most=100),
    )
