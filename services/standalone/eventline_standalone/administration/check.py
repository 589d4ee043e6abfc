"""`eventline check`: whether an installation could work as it is configured, told before anybody misses it."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from eventline_common.settings import Settings, SettingsError, load_settings
from eventline_standalone.administration.check_database import check_database
from eventline_standalone.administration.check_files import check_addresses, check_certificates, check_runners
from eventline_standalone.administration.check_nats import check_nats
from eventline_standalone.administration.check_smtp import check_smtp
from eventline_standalone.administration.findings import Finding, Level, ok, problem
from eventline_standalone.terminal import Terminal

# Each looks at one part, and never raises for what an operator can put right.
CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    check_addresses,
    check_certificates,
    check_database,
    check_nats,
    check_runners,
    check_smtp,
)


def run_check(cfg_file: Path | None, terminal: Terminal, environment: Mapping[str, str] = os.environ) -> int:
    """Print a line for each finding; return 1 when one is a problem, else 0."""
    found: list[Finding] = []
    for finding in findings(cfg_file, environment):
        terminal.say(f"{finding.level.value:<8} {finding.part}: {finding.text}")
        found.append(finding)
    problems = sum(finding.level is Level.PROBLEM for finding in found)
    terminal.say(f"{problems} problem{'s' if problems != 1 else ''}" if problems else "no problems")
    return 1 if problems else 0


def findings(cfg_file: Path | None, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every finding, as soon as it is known."""
    try:
        settings = load_settings(cfg_file, environment)
    except SettingsError as error:
        for sentence in error.sentences:
            yield problem("configuration", f"{cfg_file}: {sentence}" if cfg_file else sentence)
        return
    yield ok("configuration", f"{cfg_file} is valid" if cfg_file else "there is no file; the defaults are in force")
    for check in CHECKS:
        yield from check(settings)
