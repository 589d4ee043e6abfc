"""The program: from the command line to a command and an exit status (contract evcli, sections 2, 6, 11)."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TextIO

from evcli.arguments import Invocation, Values, parse_command, split_command
from evcli.call import Call
from evcli.command import Command
from evcli.commands.registry import all_commands, find_command
from evcli.configuration import Configuration, configuration_path, load_configuration, save_configuration
from evcli.errors import ApiError, EvcliError, OutputClosed, UsageError
from evcli.help import PROGRAM_USAGE, print_command_help, print_program_help, usage_of
from evcli.terminal import Terminal, printable_lines
from evcli.update_check import start_check

SUCCESS = 0
FAILURE = 1


def run_program(tokens: Sequence[str]) -> int:
    """Run the program with this process's environment and streams."""
    terminal = Terminal(stdout=_stream(sys.stdout), stderr=_stream(sys.stderr), stdin=_stream(sys.stdin))
    try:
        return run(tokens, os.environ, terminal)
    except OutputClosed:
        # Python would complain when it flushes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE


def _stream(stream: TextIO | None) -> BinaryIO:
    # A stream that the caller has closed is None.
    return stream.buffer if stream else Path(os.devnull).open("r+b", buffering=0)


def run(tokens: Sequence[str], environment: Mapping[str, str], terminal: Terminal) -> int:
    """Run one command line and return the exit status."""
    try:
        _run(tokens, environment, terminal)
    except UsageError as error:
        return _fail_with_usage(terminal, error, tokens)
    except OutputClosed:
        raise
    except EvcliError as error:
        _trace(terminal, tokens)
        return _fail(terminal, error.lines)
    except KeyboardInterrupt:
        return _fail(terminal, ("interrupted",))
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence for people, the rest for who asks
        traced = _trace(terminal, tokens)
        advice = "" if traced else '; "--debug 1" shows where'
        return _fail(terminal, (f"unexpected failure, {type(error).__name__}: {error}{advice}",))
    return SUCCESS


def _trace(terminal: Terminal, tokens: Sequence[str]) -> bool:
    """Print where the error at hand comes from if the user wants to debug; say whether that was done."""
    if not any(word.partition("=")[0] == "--debug" for word in tokens):
        return False
    import traceback

    terminal.note(printable_lines(traceback.format_exc()))
    return True


def _run(tokens: Sequence[str], environment: Mapping[str, str], terminal: Terminal) -> None:
    options, name, rest = split_command(tokens)
    if name is None and not options.flag("help"):
        raise UsageError("missing command")
    if name is None or options.flag("help"):
        return _print_help(terminal, options, name)
    command = _find(name)
    invocation = _parse(command, rest)
    options = options.with_values(invocation.options)
    if options.flag("help"):
        return _print_help(terminal, options, name)
    return _run_command(command, Invocation(options, invocation.arguments), environment, terminal)


def _run_command(command: Command, invocation: Invocation, environment: Mapping[str, str], terminal: Terminal) -> None:
    terminal = _adjust(terminal, invocation.options)
    path = configuration_path(environment)
    configuration = _load(path, terminal)
    terminal = replace(terminal, colored=terminal.colored and configuration.color)
    call = Call(command.name, invocation.options, invocation.arguments, terminal, environment, configuration, path)
    if command.needs_key:
        call.api_key()
    check = None
    if command.checks_for_update and not configuration.disable_update_check:
        check = start_check(call)
    try:
        _execute(command, call)
    finally:
        call.close()
        if check is not None:
            check.report(terminal)


def _execute(command: Command, call: Call) -> None:
    try:
        if command.uses_project:
            call.enter_project()
        command.run(call)
    except ApiError as error:
        raise EvcliError(*_explain(error, command.name)) from error


def _explain(error: ApiError, command: str) -> Sequence[str]:
    if error.is_unknown_route:
        sentence = f'the server at {error.origin} is too old for the command "{command}"'
        return (f"{sentence}, or this is not the address of an Eventline API (it answered: {error.text})",)
    problems = [
        (str(problem.get("pointer", "")), str(problem.get("message", ""))) for problem in error.validation_errors
    ]
    return (error.text, *(f"{pointer}: {message}" for pointer, message in problems if message not in error.text))


def _load(path: Path | None, terminal: Terminal) -> Configuration:
    if path is None:
        terminal.debug(1, "no HOME and no EVCLI_CONFIG_PATH: using the default configuration")
        return Configuration()
    configuration = load_configuration(path)
    if configuration is not None:
        return configuration
    terminal.debug(1, f"creating configuration file {path}")
    try:
        save_configuration(Configuration(), path)
    except EvcliError as error:
        # Commands work without the file, as in a container whose file system is read-only.
        terminal.debug(1, str(error))
    return Configuration()


def _adjust(terminal: Terminal, options: Values) -> Terminal:
    return replace(
        terminal,
        colored=not options.flag("no-color"),
        quiet=options.flag("quiet"),
        debug_level=options.integer("debug", least=0, default=0),
    )


def _find(name: str) -> Command:
    command = find_command(name)
    if command is None:
        raise UsageError(f'unknown command "{name}"')
    return command


def _parse(command: Command, tokens: Sequence[str]) -> Invocation:
    return parse_command(
        tokens, command.options, command.arguments, options_end_at_argument=command.options_end_at_argument
    )


def _print_help(terminal: Terminal, options: Values, name: str | None) -> None:
    terminal = replace(terminal, colored=not options.flag("no-color"))
    if name is None:
        print_program_help(terminal, all_commands())
    else:
        print_command_help(terminal, _find(name))


def _fail(terminal: Terminal, lines: Sequence[str]) -> int:
    for line in lines:
        terminal.error(printable_lines(line))
    return FAILURE


def _fail_with_usage(terminal: Terminal, error: UsageError, tokens: Sequence[str]) -> int:
    _fail(terminal, error.lines)
    terminal.note("", f"Usage: {_usage(tokens)}")
    return FAILURE


def _usage(tokens: Sequence[str]) -> str:
    try:
        _, name, _ = split_command(tokens)
    except UsageError:
        name = None
    command = find_command(name) if name else None
    return PROGRAM_USAGE if command is None else usage_of(command)
