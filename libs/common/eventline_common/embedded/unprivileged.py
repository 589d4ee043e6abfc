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

NAMESPACE = "namespace"
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
    """Say how servers run here: as we are, or, for root, in a user namespace, or as `nobody` where that is refused."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return RunAs(SAME_USER, uid, gid)
    if namespace_is_allowed():
        return RunAs(NAMESPACE, uid, gid)
    try:
        user = pwd.getpwnam(FALLBACK_USER)
    except KeyError:
        raise EmbeddedServerError(
            f'cannot run servers as root: user namespaces are refused and there is no user "{FALLBACK_USER}"; '
            "start as an ordinary user, or name running servers with --pg-uri and --nats-uri"
        ) from None
    return RunAs(f"{user.pw_uid}:{user.pw_gid}", user.pw_uid, user.pw_gid)


def namespace_is_allowed() -> bool:
    """Try it: containers with the default seccomp filter and some kernels refuse user namespaces."""
    probe = subprocess.run(
        [*launcher(NAMESPACE, signal.SIGKILL), "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return probe.returncode == 0


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
