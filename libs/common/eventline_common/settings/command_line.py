"""The command line that every service has (service-config.md, section 1)."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from eventline_common.settings.errors import SettingsError
from eventline_common.settings.load import load_settings
from eventline_common.settings.tree import Settings

# Those that read or write identities and the secrets of projects; the others never hold the encryption key.
KEY_HOLDERS = frozenset({"api", "connectors", "executor", "notifier"})


@dataclass(frozen=True, slots=True)
class ServiceArguments:
    """What was said on the command line."""

    service: str
    cfg_file: Path | None = None
    validate_cfg: bool = False
    quiet: bool = False
    debug_level: int | None = None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with status 1, as every failure to start."""
        self.exit(1, f"{self.prog}: {message}; for help: {self.prog} --help\n")


def parse_service_arguments(name: str, argv: Sequence[str]) -> ServiceArguments:
    """Parse the arguments of the service with this short name, as in "api"; may leave the program."""
    parser = _Parser(prog=f"eventline-{name}", description=f"Run the service {name} of Eventline.", allow_abbrev=False)
    parser.add_argument("-c", "--cfg-file", type=Path, metavar="<path>", help="the configuration file")
    parser.add_argument("--validate-cfg", action="store_true", help="check the configuration and exit")
    parser.add_argument("-q", "--quiet", action="store_true", help="log errors only")
    parser.add_argument(
        "--debug", type=_debug_level, dest="debug_level", metavar="<level>", help="log debug messages up to this level"
    )
    return ServiceArguments(service=name, **vars(parser.parse_args(argv)))


def load_for_service(arguments: ServiceArguments, env: Mapping[str, str]) -> Settings:
    """Load the settings of a service.

    Leaves the program with status 1 when they cannot be used, the reasons on standard error, and with status 0 when
    they were only to be validated. A service that does not need the encryption key does not get it.
    """
    needs_key = arguments.service in KEY_HOLDERS
    try:
        settings = load_settings(arguments.cfg_file, env, needs_key=needs_key)
    except SettingsError as error:
        sys.stderr.write(f"eventline-{arguments.service}: {error}\n")
        raise SystemExit(1) from error
    if arguments.validate_cfg:
        sys.stderr.write("the configuration is valid\n")
        raise SystemExit(0)
    return settings if needs_key else replace(settings, encryption_key=b"", encryption_keys_previous=())


def _debug_level(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f'"{text}" is not a level; write 0, 1, 2, …')
    return int(text)
