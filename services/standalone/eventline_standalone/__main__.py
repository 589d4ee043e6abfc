"""The program `eventline`: every command imports what it needs, when it needs it."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eventline_common.embedded.errors import EmbeddedServerError
from eventline_standalone.command_line import parse_command_line
from eventline_standalone.errors import StandaloneError
from eventline_standalone.terminal import Terminal

if TYPE_CHECKING:
    from eventline_common.settings import Settings

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give the exit status. What people can put right is one sentence on standard error, status 1."""
    parsed = parse_command_line(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal(quiet=parsed.quiet)
    try:
        return COMMANDS[parsed.command](parsed, terminal)
    except (StandaloneError, EmbeddedServerError) as error:
        terminal.complain(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def run_up(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline up`."""
    from eventline_common.settings import SettingsError
    from eventline_standalone.addresses import WantedPorts
    from eventline_standalone.options import ServiceFlags, UpOptions
    from eventline_standalone.up import up

    options = UpOptions(
        data_directory=parsed.data_directory,
        cfg_file=parsed.cfg_file,
        pg_uri=parsed.pg_uri,
        nats_uri=parsed.nats_uri,
        ports=WantedPorts(
            host=parsed.host,
            api=parsed.api_port,
            web=parsed.web_port,
            connectors=parsed.connectors_port,
            monitoring=parsed.monitoring_port,
        ),
        pg_port=parsed.pg_port or None,
        nats_port=parsed.nats_port or None,
        nats_sync_always=parsed.nats_sync_always,
        flags=ServiceFlags(parsed.quiet, parsed.debug_level),
    )
    try:
        return up(options, terminal)
    except SettingsError as error:
        raise StandaloneError(str(error)) from error


def run_plain(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline -c <file>`, with or without `--validate-cfg`."""
    from eventline_common.settings import SettingsError, load_settings
    from eventline_standalone import plain
    from eventline_standalone.options import ServiceFlags

    try:
        if parsed.validate_cfg:
            load_settings(parsed.cfg_file, os.environ)
            terminal.log_to.write("the configuration is valid\n")
            return 0
        return plain.run_plain(parsed.cfg_file, ServiceFlags(parsed.quiet, parsed.debug_level))
    except SettingsError as error:
        raise StandaloneError(str(error)) from error


def run_status(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline status`."""
    from eventline_standalone.data_directory import DataDirectory
    from eventline_standalone.status import show_status

    return show_status(DataDirectory(parsed.data_directory.resolve()), terminal)


def run_migrate(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline migrate`."""
    from eventline_standalone.migrate import Migration, migrate

    uri = parsed.pg_uri or configured_database(parsed.cfg_file)
    return migrate(Migration(uri, parsed.direction, parsed.revision, parsed.wait), terminal)


def run_rotate_key(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline rotate-key`."""
    from eventline_common.settings import SettingsError, load_settings
    from eventline_standalone.rotate_key import rotate_key

    if parsed.cfg_file is None:
        raise StandaloneError("name the configuration file of the services: -c <configuration file>")
    try:
        return rotate_key(load_settings(parsed.cfg_file, os.environ), terminal)
    except SettingsError as error:
        raise StandaloneError(str(error)) from error


def configured_database(cfg_file: Path | None) -> str:
    """Give the database of a configuration file."""
    from eventline_common.settings import SettingsError, load_settings

    if cfg_file is None:
        raise StandaloneError("name the database: -c <configuration file>, or --pg-uri <uri>")
    try:
        return load_settings(cfg_file, os.environ).pg.uri
    except SettingsError as error:
        raise StandaloneError(str(error)) from error


def run_version(_parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline version`."""
    from importlib.metadata import version

    terminal.say(version("eventline"))
    return 0


def administered(parsed: argparse.Namespace) -> Path | None:
    """Give the configuration file that a command of administration works on: named, else that of `eventline up`."""
    from eventline_standalone.data_directory import DataDirectory

    if parsed.cfg_file is not None:
        return Path(parsed.cfg_file)
    generated = DataDirectory(parsed.data_directory.resolve()).configuration
    return generated if generated.exists() else None


def administered_settings(parsed: argparse.Namespace) -> "Settings":
    """Load the settings of that file."""
    from eventline_common.settings import SettingsError, load_settings

    path = administered(parsed)
    if path is None:
        raise StandaloneError("name the installation: -c <configuration file>, or --data-directory of eventline up")
    try:
        return load_settings(path, os.environ)
    except SettingsError as error:
        raise StandaloneError(str(error)) from error


def run_check(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline check`."""
    from eventline_standalone.administration.check import run_check

    return run_check(administered(parsed), terminal)


def run_create_account(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline create-account`."""
    from eventline_standalone.administration.accounts import PasswordSource, create_account

    source = PasswordSource(parsed.generate, parsed.password_file)
    settings = administered_settings(parsed)
    return create_account(settings.pg, terminal, username=parsed.username, role=parsed.role, source=source)


def run_reset_password(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline reset-password`."""
    from eventline_standalone.administration.accounts import PasswordSource, reset_password

    settings, revoke = administered_settings(parsed), parsed.revoke_api_keys
    source = PasswordSource(parsed.generate, parsed.password_file)
    return reset_password(settings.pg, terminal, username=parsed.username, revoke_api_keys=revoke, source=source)


def run_backup(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline backup`."""
    from eventline_standalone.administration.backup import write_backup

    return write_backup(administered_settings(parsed), parsed.file, terminal)


def run_restore(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline restore`."""
    from eventline_standalone.administration.backup import restore_backup

    return restore_backup(administered_settings(parsed), parsed.file, terminal)


def run_support_bundle(parsed: argparse.Namespace, terminal: Terminal) -> int:
    """`eventline support-bundle`."""
    from eventline_standalone.administration.support_bundle import write_support_bundle

    logs = parsed.data_directory.resolve()
    return write_support_bundle(administered(parsed), logs if logs.is_dir() else None, parsed.output, terminal)


Command = Callable[[argparse.Namespace, Terminal], int]
COMMANDS: Mapping[str | None, Command] = {
    None: run_plain,
    "up": run_up,
    "status": run_status,
    "migrate": run_migrate,
    "check": run_check,
    "create-account": run_create_account,
    "reset-password": run_reset_password,
    "backup": run_backup,
    "restore": run_restore,
    "support-bundle": run_support_bundle,
    "rotate-key": run_rotate_key,
    "version": run_version,
}

if __name__ == "__main__":
    sys.exit(main())
