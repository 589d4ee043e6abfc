"""Execution directories: private, locked, and always removable."""

import os
import stat
from pathlib import Path

import pytest

from eventline_executor.runners.local_spawner.directories import (
    DirectoryError,
    create_directory,
    lock_leftover,
    remove_directory,
    write_files,
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "execution"


def test_a_directory_and_its_parents_are_private(directory: Path) -> None:
    os.close(create_directory(str(directory)))

    assert [stat.S_IMODE(path.stat().st_mode) for path in (directory, directory.parent)] == [0o700, 0o700]


def test_what_was_there_before_is_wiped(directory: Path) -> None:
    (directory / "old" / "older").mkdir(parents=True)
    (directory / "old" / "file").touch()
    directory.chmod(0o755)

    os.close(create_directory(str(directory)))

    assert list(directory.iterdir()) == []
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_in_its_place_is_replaced(directory: Path, tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    directory.parent.mkdir()
    if kind == "file":
        directory.touch()
    else:
        directory.symlink_to(elsewhere)

    os.close(create_directory(str(directory)))

    assert directory.is_dir()
    assert not directory.is_symlink()
    assert (elsewhere / "precious").exists()


def test_files_are_written_with_their_modes_and_nothing_is_followed(directory: Path) -> None:
    lock = create_directory(str(directory))
    write_files(lock, [("a/b/c", 0o600, b"1"), ("a/b/d", 0o700, b"2"), ("e", 0o600, b"")])
    os.close(lock)

    assert [(directory / name).read_bytes() for name in ("a/b/c", "a/b/d", "e")] == [b"1", b"2", b""]
    assert [stat.S_IMODE((directory / name).stat().st_mode) for name in ("a", "a/b/c", "a/b/d")] == [
        0o700,
        0o600,
        0o700,
    ]


def test_a_file_that_cannot_be_written_is_named_with_the_reason(directory: Path) -> None:
    lock = create_directory(str(directory))
    with pytest.raises(DirectoryError, match=r'^cannot write file "a/b": file exists$'):
        write_files(lock, [("a", 0o600, b""), ("a/b", 0o600, b"")])
    os.close(lock)


@pytest.mark.parametrize("path", ["../out", "a/../../out", "/out", "a//b", "", ".", "a\0b"])
def test_a_path_that_leads_outside_is_refused(directory: Path, path: str) -> None:
    lock = create_directory(str(directory))
    with pytest.raises(DirectoryError, match="not a path inside the execution directory"):
        write_files(lock, [(path, 0o600, b"")])
    os.close(lock)


def test_a_directory_in_use_cannot_be_locked_and_a_leftover_can(directory: Path) -> None:
    lock = create_directory(str(directory))
    assert lock_leftover(str(directory)) is None

    os.close(lock)
    leftover = lock_leftover(str(directory))
    assert leftover is not None
    os.close(leftover)


def test_a_directory_that_is_gone_cannot_be_locked(directory: Path) -> None:
    assert lock_leftover(str(directory)) is None


def test_removal_follows_no_links(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    directory.mkdir(parents=True)
    (directory / "link").symlink_to(elsewhere)

    remove_directory(str(directory))

    assert not directory.exists()
    assert (elsewhere / "precious").exists()


def test_a_link_in_the_place_of_the_directory_is_removed_and_not_followed(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    directory.parent.mkdir()
    directory.symlink_to(elsewhere)

    remove_directory(str(directory))

    assert not directory.is_symlink()
    assert (elsewhere / "precious").exists()


def test_removal_is_no_matter_of_depth(directory: Path) -> None:
    directory.mkdir(parents=True)
    here = os.open(directory, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deeper", dir_fd=here)
        child = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = child
    os.close(here)

    remove_directory(str(directory))

    assert not directory.exists()


def test_removing_what_is_gone_is_no_error(directory: Path) -> None:
    remove_directory(str(directory))
