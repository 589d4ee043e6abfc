"""Questions to the user; an interrupted question is a fatal error (contract evcli, section 1)."""

from evcli.errors import EvcliError, Interrupted
from evcli.terminal import Terminal


def is_interactive(terminal: Terminal) -> bool:
    """Whether somebody can answer."""
    return terminal.stdin.isatty()


def confirm(terminal: Terminal, question: str) -> bool:
    """Ask a question; only `yes` means yes."""
    terminal.prompt(f"{question} (yes/no) ")
    answer = _read_line(terminal)
    if not is_interactive(terminal):
        # Nobody has typed the end of the line.
        terminal.note("")
    return answer.strip().lower() == "yes"


def ask(terminal: Terminal, name: str, *, prefilled: str) -> str:
    """Ask for a line that can be edited, starting from a proposal."""
    if not terminal.stdout.isatty():
        terminal.prompt(f"{name} [{prefilled}]: ")
        return _read_line(terminal).strip() or prefilled
    return _edit_line(name, prefilled).strip()


def ask_secret(terminal: Terminal, name: str) -> str:
    """Ask for a text that is not shown; without a terminal it is the first line of stdin."""
    if not is_interactive(terminal):
        return _read_line(terminal).rstrip("\r\n")
    import getpass

    try:
        return getpass.getpass(f"{name}: ")
    except KeyboardInterrupt:
        terminal.note("")
        raise Interrupted from None
    except EOFError as error:
        raise EvcliError(f"missing {name.lower()}") from error


def _read_line(terminal: Terminal) -> str:
    try:
        return terminal.stdin.readline().decode(errors="replace")
    except KeyboardInterrupt:
        terminal.note("")
        raise Interrupted from None


def _edit_line(name: str, prefilled: str) -> str:
    import readline

    readline.set_startup_hook(lambda: readline.insert_text(prefilled))
    try:
        return input(f"{name}: ")
    except KeyboardInterrupt:
        raise Interrupted from None
    except EOFError as error:
        raise EvcliError(f"missing {name.lower()}") from error
    finally:
        readline.set_startup_hook()
