"""Execution directories: created private, locked as long as their keeper lives, removed whatever their modes are."""

# Only `os` works on descriptors, and without pathlib the spawner stays small.
# ruff: noqa: PTH102, PTH103, PTH106, PTH108, PTH120

import errno
import fcntl
import itertools
import os
import stat
import time
from collections.abc import Iterable, Iterator

# Where a directory is taken over from an attempt that is just ending.
_LOCK_PATIENCE = 5.0
_LOCK_PAUSE = 0.02
_REMOVE_PATIENCE = 2.0
_TAKE_OVER_PATIENCE = 1.0
# How many directories are open at a time while one is emptied.
_DEPTH = 32


class DirectoryError(Exception):
    """Something about an execution directory failed; the text says what, where and why."""


def failure(action: str, path: str, error: OSError) -> DirectoryError:
    """Build the error for a failed system call."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return DirectoryError(f'cannot {action} "{path}": {reason.lower()}')


def create_directory(path: str) -> int:
    """Create an empty directory, wiping one that is there; return a descriptor that holds its lock.

    The lock (flock(2) on the directory itself) tells others that somebody alive owns it: see `lock_leftover`.
    """
    deadline = time.monotonic() + _LOCK_PATIENCE
    try:
        while (made := _make_and_lock(path)) is None:
            if time.monotonic() > deadline:
                raise DirectoryError(f'cannot create directory "{path}": another attempt still uses it')
            time.sleep(_LOCK_PAUSE)
    except OSError as error:
        raise failure("create directory", path, error) from error
    lock, is_new = made
    try:
        if not is_new:
            _empty(lock)
        os.fchmod(lock, 0o700)
    except OSError as error:
        os.close(lock)
        raise failure("empty directory", path, error) from error
    return lock


def _create_parents(path: str) -> None:
    umask = os.umask(0o077)
    try:
        os.makedirs(path, exist_ok=True)
    finally:
        os.umask(umask)


def _make_and_lock(path: str) -> tuple[int, bool] | None:
    """Return the descriptor and whether the directory is new; None to try again."""
    is_new = True
    try:
        os.mkdir(path, 0o700)
    except FileNotFoundError:
        _create_parents(os.path.dirname(path))
        return None
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return None
        is_new = False
    lock = lock_leftover(path)
    return None if lock is None else (lock, is_new)


def lock_leftover(path: str) -> int | None:
    """Lock an existing directory and return its descriptor, or None while somebody alive holds it or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def take_over(path: str) -> int | None:
    """Lock the directory of a keeper that was killed, which may still be dying; None when it is gone or not free."""
    deadline = time.monotonic() + _TAKE_OVER_PATIENCE
    while (lock := lock_leftover(path)) is None and os.path.lexists(path) and time.monotonic() < deadline:
        time.sleep(_LOCK_PAUSE)
    return lock


def write_files(directory: int, files: Iterable[tuple[str, int, bytes]]) -> None:
    """Write files (relative path, mode, content) below a directory, creating the directories they need, 0700."""
    made: set[str] = set()
    for path, mode, content in files:
        if "\0" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
            raise DirectoryError(f'cannot write file "{path}": not a path inside the execution directory')
        try:
            _make_parents(directory, path, made)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            descriptor = os.open(path, flags, mode, dir_fd=directory)
            try:
                _write(descriptor, content)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise failure("write file", path, error) from error


def _make_parents(directory: int, path: str, made: set[str]) -> None:
    parent = os.path.dirname(path)
    if not parent or parent in made:
        return
    _make_parents(directory, parent, made)
    os.mkdir(parent, 0o700, dir_fd=directory)
    made.add(parent)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def remove_directory(path: str) -> None:
    """Remove a directory and all that is in it, whatever its modes, its depth, or what it was replaced with.

    Programs that are just being killed may still write into it: that is waited out.
    """
    deadline = time.monotonic() + _REMOVE_PATIENCE
    while True:
        try:
            _remove(path)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                raise failure("remove directory", path, error) from error
            time.sleep(_LOCK_PAUSE)
        else:
            return


def _remove(path: str) -> None:
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        os.unlink(path)
        return
    directory = _open(path)
    try:
        _empty(directory)
    finally:
        os.close(directory)
    os.rmdir(path)


def _empty(top: int) -> None:
    # What is nested too deep to be removed in place is moved to the top, which is looked at again then.
    numbers = itertools.count()
    while _remove_entries(top, top, _DEPTH, numbers):
        pass


def _remove_entries(directory: int, top: int, depth: int, numbers: Iterator[int]) -> bool:
    """Say whether something was moved to the top."""
    # Everything is relative to open descriptors: no path is followed, so nobody can redirect us with a link.
    with os.scandir(directory) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    if listed and os.fstat(directory).st_mode & stat.S_IRWXU != stat.S_IRWXU:
        os.fchmod(directory, 0o700)
    some_moved = False
    for name, is_directory in listed:
        if not is_directory:
            os.unlink(name, dir_fd=directory)
        elif depth:
            some_moved |= _remove_child(directory, name, top, depth, numbers)
        else:
            os.chmod(name, 0o700, dir_fd=directory)
            os.rename(name, f".deep-{next(numbers)}-{os.getpid()}", src_dir_fd=directory, dst_dir_fd=top)
            some_moved = True
    return some_moved


def _remove_child(directory: int, name: str, top: int, depth: int, numbers: Iterator[int]) -> bool:
    child = _open(name, directory)
    try:
        some_moved = _remove_entries(child, top, depth - 1, numbers)
    finally:
        os.close(child)
    os.rmdir(name, dir_fd=directory)
    return some_moved


def _open(path: str, directory: int | None = None) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(path, flags, dir_fd=directory)
    except PermissionError:
        os.chmod(path, 0o700, dir_fd=directory)
        return os.open(path, flags, dir_fd=directory)
