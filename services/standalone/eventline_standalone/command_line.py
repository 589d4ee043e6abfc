"""The command line of `eventline`: with a command what the command says, without one a server like any other."""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

DATA_DIRECTORY_VARIABLE = "EVENTLINE_DATA_DIRECTORY"
PORT_HELP = "port of {}; 0 = any free one"
COMMANDS: Mapping[str, str] = {
    "up": "start everything on this machine, with PostgreSQL and NATS of its own",
    "status": "show what `eventline up` runs",
    "migrate": "bring the database to the newest schema, or to another revision",
    "check": "tell whether the installation can work as it is configured",
    "create-account": "create an account",
    "reset-password": "set the password of an account",
    "backup": "save the database in a file",
    "restore": "fill an empty database from a backup",
    "support-bundle": "gather what helps others to understand a problem, without secrets",
    "rotate-key": "encrypt everything that is stored with the current encryption key",
    "version": "print the version",
    "help": "explain a command",
}


def parse_command_line(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> argparse.Namespace:
    """Read the arguments; ends the program with a message and status 2 when they make no sense."""
    parser = build_parser(environment)
    parsed = parser.parse_args(arguments)
    if parsed.command == "help":
        parser.parse_args([parsed.topic, "--help"] if parsed.topic else ["--help"])
    return parsed


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Describe every option."""
    parser = argparse.ArgumentParser(
        prog="eventline",
        description="Store, schedule, execute and monitor jobs. Without a command: run all services with the servers "
        "that the configuration file names.",
        allow_abbrev=False,
    )
    add_common_options(parser, default=None)
    parser.add_argument("--validate-cfg", action="store_true", help="check the configuration file and start nothing")
    commands = parser.add_subparsers(dest="command", metavar="<command>", title="commands")
    add_up(commands, environment)
    status = commands.add_parser("status", help=COMMANDS["status"], allow_abbrev=False)
    add_data_directory(status, environment)
    add_migrate(commands)
    add_administration(commands, environment)
    rotate = commands.add_parser("rotate-key", help=COMMANDS["rotate-key"], allow_abbrev=False)
    add_common_options(rotate, default=argparse.SUPPRESS)
    commands.add_parser("version", help=COMMANDS["version"], allow_abbrev=False)
    explained = commands.add_parser("help", help=COMMANDS["help"], allow_abbrev=False)
    explained.add_argument("topic", nargs="?", choices=sorted(COMMANDS), metavar="<command>")
    return parser


def add_common_options(parser: argparse.ArgumentParser, default: object) -> None:
    """Add what may stand before or after a command; after it, only what is given replaces what stood before."""
    parser.add_argument("-c", "--cfg-file", type=Path, metavar="<path>", default=default, help="the configuration file")
    parser.add_argument("-q", "--quiet", action="store_true", default=default or False, help="log nothing but errors")
    parser.add_argument(
        "--debug", type=int, metavar="<level>", dest="debug_level", default=default, help="log more; 1 is little"
    )


def add_data_directory(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add the option that says where everything is kept."""
    parser.add_argument(
        "--data-directory",
        type=Path,
        metavar="<path>",
        default=Path(environment.get(DATA_DIRECTORY_VARIABLE) or "data"),
        help=f"where everything is kept (default: ${DATA_DIRECTORY_VARIABLE}, else ./data)",
    )


def add_up(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", environment: Mapping[str, str]) -> None:
    """Add the command `up`."""
    up = commands.add_parser("up", help=COMMANDS["up"], description=COMMANDS["up"], allow_abbrev=False)
    add_common_options(up, default=argparse.SUPPRESS)
    add_data_directory(up, environment)
    up.add_argument("--pg-uri", metavar="<uri>", help="use this PostgreSQL instead of an embedded one")
    up.add_argument("--nats-uri", metavar="<uri>", help="use this NATS instead of an embedded one")
    up.add_argument("--host", metavar="<host>", help="listen on this address (default: as configured, localhost)")
    for name, what in (
        ("api", "the HTTP API (default: 8085)"),
        ("web", "the web interface (default: 8087)"),
        ("connectors", "webhooks (default: 8086)"),
        ("pg", "the embedded PostgreSQL (default: any free one)"),
        ("nats", "the embedded NATS (default: any free one)"),
    ):
        up.add_argument(f"--{name}-port", type=port, metavar="<port>", help=PORT_HELP.format(what))
    up.add_argument(
        "--monitoring-port",
        type=port,
        metavar="<port>",
        help="first of six ports for health and metrics (default: 9085); 0 = any free ones",
    )
    up.add_argument(
        "--nats-sync-always",
        action="store_true",
        help="let the embedded NATS write each message to the disk before it answers (slower)",
    )


def add_migrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `migrate`."""
    migrate = commands.add_parser("migrate", help=COMMANDS["migrate"], allow_abbrev=False)
    add_common_options(migrate, default=argparse.SUPPRESS)
    migrate.add_argument("direction", nargs="?", choices=("up", "down"), default="up", help="default: up")
    migrate.add_argument("revision", nargs="?", help="default: the newest for up, the one before for down")
    migrate.add_argument("--pg-uri", metavar="<uri>", help="the database; default: that of the configuration file")
    migrate.add_argument("--wait", type=float, metavar="<seconds>", default=0.0, help="wait for the server that long")


def add_administration(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", environment: Mapping[str, str]
) -> None:
    """Add the commands that look after an installation; their configuration is by default that of `eventline up`."""
    parsers = {
        name: commands.add_parser(name, help=COMMANDS[name], description=COMMANDS[name], allow_abbrev=False)
        for name in ("check", "create-account", "reset-password", "backup", "restore", "support-bundle")
    }
    for parser in parsers.values():
        add_common_options(parser, default=argparse.SUPPRESS)
        add_data_directory(parser, environment)
    for name in ("create-account", "reset-password"):
        parsers[name].add_argument("username", metavar="<user name>")
        password = parsers[name].add_mutually_exclusive_group()
        password.add_argument("--generate", action="store_true", help="make a password and print it")
        password.add_argument(
            "--password-file", type=Path, metavar="<path>", help="read it from a file (default: ask, or standard input)"
        )
    parsers["create-account"].add_argument("--role", choices=("user", "admin"), default="user", help="default: user")
    parsers["reset-password"].add_argument(
        "--revoke-api-keys", action="store_true", help="end the API keys of the account as well"
    )
    parsers["backup"].add_argument("file", type=Path, metavar="<path>", help="the file to write")
    parsers["restore"].add_argument("file", type=Path, metavar="<path>", help="the file to read")
    parsers["support-bundle"].add_argument(
        "--output", type=Path, metavar="<path>", default=Path("eventline-support.tar.gz"), help="the archive to write"
    )


def port(text: str) -> int:
    """Read a port number."""
    if not text.isdigit() or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(f'"{text}" is not a port; write a number from 0 to 65535')
    return int(text)
