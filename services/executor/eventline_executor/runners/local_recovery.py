"""What the local runner does when an executor starts: its root directory, and what dead executors left there."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from eventline_common.ids import is_id
from eventline_common.logging import get_logger
from eventline_executor.runners.local_spawner.descendants import descendants, parents, signal_all
from eventline_executor.runners.local_spawner.directories import DirectoryError, lock_leftover, remove_directory
from eventline_executor.runners.protocol import RunnerError

_KILL_PATIENCE = 3.0
_KILL_PAUSE = 0.02


def prepare_root_directory(root: Path, user: str) -> None:
    """Create the root directory, private to whoever runs the programs; raises RunnerError when that cannot work."""
    entry = _entry(user)
    for directory in reversed([root, *root.parents]):
        try:
            if directory.exists():
                continue
            directory.mkdir(0o700)
            if entry is not None:
                os.chown(directory, entry.pw_uid, entry.pw_gid)
        except OSError as error:
            raise RunnerError(f'cannot create directory "{directory}": {_reason(error)}') from error
    if not _usable(root, entry):
        name = user or pwd.getpwuid(os.geteuid()).pw_name
        raise RunnerError(
            f'runners.local.root_directory: "{root}" is not a directory that user "{name}" may write to; '
            "change its owner or choose another one"
        )


def remove_leftovers(root: Path) -> None:
    """Kill the programs and remove the directories of executions whose executor is dead.

    The lock on a directory dies with the keeper that holds it, so a directory that can be locked belongs to nobody:
    other executors on this machine, with the same root directory, are not disturbed.
    """
    log = get_logger("executor")
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if is_id(entry.name) and entry.is_dir(follow_symlinks=False)]
    for name in names:
        path = str(root / name)
        try:
            lock = lock_leftover(path)
            if lock is None:
                continue
            try:
                killed = _kill_programs(path)
                remove_directory(path)
            finally:
                os.close(lock)
            log.info("leftover_removed", directory=path, killed=killed)
        except (DirectoryError, OSError) as error:
            log.error("leftover_not_removed", directory=path, error=str(error))


def _kill_programs(directory: str) -> int:
    """Kill the processes that run in a directory or were given it as EVENTLINE_DIR, with all their descendants."""
    killed: set[int] = set()
    deadline = time.monotonic() + _KILL_PATIENCE
    spared = _ancestors()
    while found := {pid for pid in _users_of(directory) if pid not in spared}:
        for pid in list(found):
            found.update(descendants(pid))
        signal_all(found - spared, signal.SIGKILL)
        killed |= found
        if time.monotonic() > deadline:
            break
        time.sleep(_KILL_PAUSE)
    return len(killed)


def _users_of(directory: str) -> Iterator[int]:
    variable = b"EVENTLINE_DIR=" + os.fsencode(directory)
    for pid, _ in parents():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            current = str(Path(f"/proc/{pid}/cwd").readlink())
        except OSError:
            continue  # gone, a zombie, or not ours to see
        if variable in environment.split(b"\0") or f"{current}/".startswith(f"{directory}/"):
            yield pid


def _ancestors() -> set[int]:
    """Return this process and those that it descends from, which must live even when they were started by a job."""
    parent_of = dict(parents())
    found, pid = set(), os.getpid()
    while pid in parent_of and pid not in found:
        found.add(pid)
        pid = parent_of[pid]
    return found


def _entry(user: str) -> pwd.struct_passwd | None:
    """Return the account of the programs, or None for our own."""
    if not user:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise RunnerError(f'runners.local.user: there is no user "{user}" on this machine') from None
    if entry.pw_uid == os.geteuid():
        return entry
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid()).pw_name
        raise RunnerError(
            f'runners.local.user: only root can run programs as "{user}"; start the executor as root, '
            f'or leave this empty to run them as "{own}"'
        )
    return entry


def _usable(root: Path, entry: pwd.struct_passwd | None) -> bool:
    if entry is None or entry.pw_uid == os.geteuid():
        return root.is_dir() and os.access(root, os.W_OK | os.X_OK)
    # Only the kernel knows for sure (groups, access control lists), so ask it as that user.
    check = subprocess.run(
        ["test", "-d", root, "-a", "-w", root, "-a", "-x", root],
        check=False,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=os.getgrouplist(entry.pw_name, entry.pw_gid),
        stdin=subprocess.DEVNULL,
    )
    return check.returncode == 0


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)
