"""What spawner and keepers ask of Linux: orphans, a name, and to be woken when a child ends."""

import ctypes
import os
import signal

_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own (PR_SET_CHILD_SUBREAPER)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def set_name(name: str) -> None:
    """Name this process for `ps` and `top`; 15 bytes count."""
    _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()))


def watch_children() -> int:
    """Return a descriptor that becomes readable whenever a child of this process ends; replaces an earlier one."""
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    replaced = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    if replaced >= 0:
        os.close(replaced)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return woken


def _prctl(option: int, argument: int | ctypes.c_char_p) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
