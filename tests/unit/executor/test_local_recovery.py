"""What the local runner says about its settings when an executor starts."""

import os
import stat
from pathlib import Path

import pytest

from eventline_common.ids import new_id
from eventline_executor.runners.local_recovery import prepare_root_directory, remove_leftovers
from eventline_executor.runners.local_spawner.directories import create_directory
from eventline_executor.runners.protocol import RunnerError


def test_a_missing_root_directory_is_created_private(tmp_path: Path) -> None:
    prepare_root_directory(tmp_path / "a" / "b", "")

    assert [stat.S_IMODE((tmp_path / path).stat().st_mode) for path in ("a", "a/b")] == [0o700, 0o700]


def test_an_unknown_user_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r'^runners\.local\.user: there is no user "no-such-user" on this machine$'):
        prepare_root_directory(tmp_path, "no-such-user")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as another user: run as root")
def test_a_root_directory_that_the_user_cannot_enter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r'not a directory that user "nobody" may write to; change its owner'):
        prepare_root_directory(tmp_path, "nobody")


def test_a_root_directory_that_cannot_be_created_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RunnerError, match=r'^cannot create directory ".*/file/root": not a directory$'):
        prepare_root_directory(tmp_path / "file" / "root", "")


def test_only_directories_of_dead_executions_are_removed(tmp_path: Path) -> None:
    dead, alive = tmp_path / new_id(), tmp_path / new_id()
    (dead / "identities").mkdir(parents=True)
    lock = create_directory(str(alive))
    (tmp_path / "something-else").mkdir()

    remove_leftovers(tmp_path)

    os.close(lock)
    assert {path.name for path in tmp_path.iterdir()} == {alive.name, "something-else"}
