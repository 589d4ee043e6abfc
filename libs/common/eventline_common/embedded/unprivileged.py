"""As whom a server runs: PostgreSQL refuses root, so root needs a user namespace or the user `nobody`."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eventline_common.embedded.child import SAME_USER, launcher
from eventline_common.embedded.errors import EmbeddedServerError

ORDINARY_ID = 1000
FALLBACK_USER = "nobody"


@dataclass(frozen=True)
class RunAs:
    """The identity that `launch.py` understands, and who owns the server's files then."""

    identity: str
    uid: int
    gid: int

    @property
    def is_other_user(self) -> bool:
        """Tell whether the server is someone else for the file system."""
        return self.uid != os.geteuid()


def choose_run_as() -> RunAs:
    """Say how servers run here: as we are; else, for root, in a user namespace, or as `nobody` where that is refused.

    A user without an entry in the list of users (usual in containers) is treated as root is: PostgreSQL wants a name.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and has_name(uid):
        return RunAs(SAME_USER, uid, gid)
    if namespace_is_allowed():
        return RunAs(namespace_identity(), uid, gid)
    if uid == 0 and has_name(FALLBACK_USER):
        user = pwd.getpwnam(FALLBACK_USER)
        return RunAs(f"{user.pw_uid}:{user.pw_gid}", user.pw_uid, user.pw_gid)
    why = f'there is no user "{FALLBACK_USER}"' if uid == 0 else f"user id {uid} has no name in the list of users"
    raise EmbeddedServerError(
        f"cannot run servers here: user namespaces are refused, and {why}; start as an ordinary user, "
        "or name running servers with --pg-uri and --nats-uri"
    )


def has_name(user: int | str) -> bool:
    """Tell whether the list of users knows this id or name."""
    try:
        pwd.getpwuid(user) if isinstance(user, int) else pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def namespace_identity() -> str:
    """Name the user to be inside of the namespace: one that has a name, because PostgreSQL looks it up."""
    named = has_name(ORDINARY_ID) or not has_name(FALLBACK_USER)
    return f"namespace:{ORDINARY_ID if named else pwd.getpwnam(FALLBACK_USER).pw_uid}"


def namespace_is_allowed() -> bool:
    """Try it: containers with the default seccomp filter and some kernels refuse user namespaces."""
    words = [*launcher(namespace_identity(), signal.SIGKILL), "true"]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def give_directory(directory: Path, run_as: RunAs) -> None:
    """Make the directory (mode 0700) and let everything in it belong to the server's user."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not run_as.is_other_user and directory.stat().st_uid == run_as.uid:
        return
    for parent, folders, files in os.walk(directory):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                os.chown(Path(parent, name), run_as.uid, run_as.gid, follow_symlinks=False)
    os.chown(directory, run_as.uid, run_as.gid)  # last: a half-done change is done again the next time


def require_reachable(paths: Iterable[Path], run_as: RunAs) -> None:
    """Raise when the server's user cannot get to one of the paths, naming the folder that stops it."""
    if not run_as.is_other_user:
        return
    for path in paths:
        for parent in path.resolve().parents:
            if not may_enter(parent, run_as):
                raise EmbeddedServerError(
                    f'{path} is below {parent}, which the user "{FALLBACK_USER}" may not enter, and user namespaces '
                    "are refused here; move it elsewhere (--data-directory), or start as an ordinary user"
                )


def may_enter(folder: Path, run_as: RunAs) -> bool:
    """Tell from owner and mode whether the server's user may pass through the folder."""
    status = folder.stat()
    if status.st_uid == run_as.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == run_as.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
