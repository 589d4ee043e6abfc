"""The files that `eventline up` keeps."""

import base64
import os
from pathlib import Path

import pytest

from eventline_standalone.data_directory import DataDirectory
from eventline_standalone.errors import DataDirectoryError
from eventline_standalone.log_rotation import rotate_logs
from eventline_standalone.parts import PartReport, PartState
from eventline_standalone.state_file import WrittenState, read_state, write_state


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    made = DataDirectory(tmp_path / "deep" / "data")
    made.create()
    return made


def test_the_key_is_made_once_with_32_bytes_and_mode_0600(directory: DataDirectory) -> None:
    key = directory.read_or_make_key()

    assert len(base64.b64decode(key)) == 32
    assert directory.encryption_key.stat().st_mode & 0o777 == 0o600
    assert directory.read_or_make_key() == key


def test_a_key_that_others_may_read_is_closed(directory: DataDirectory) -> None:
    key = directory.read_or_make_key()
    directory.encryption_key.chmod(0o644)

    assert directory.read_or_make_key() == key
    assert directory.encryption_key.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_never_replaced_while_there_are_data(directory: DataDirectory) -> None:
    (directory.postgresql / "cluster").mkdir(parents=True)

    with pytest.raises(DataDirectoryError, match="encryption_key is missing although there are data"):
        directory.read_or_make_key()

    assert not directory.encryption_key.exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataDirectoryError, match=r"cannot make the data directory .*/file/data: "):
        DataDirectory(tmp_path / "file" / "data").create()


def test_the_state_file_is_read_as_it_was_written(directory: DataDirectory) -> None:
    part = PartReport("api", PartState.READY, 12, "2026-01-01T00:00:00+00:00", 3, "localhost:8085", "localhost:9085")

    write_state(directory.state, WrittenState(7, [part]))

    assert read_state(directory.state) == WrittenState(7, [part])


@pytest.mark.parametrize("content", ["", "[]", '{"pid": 1}', '{"pid": 1, "parts": [{"name": "api"}]}'])
def test_a_state_file_that_makes_no_sense_counts_as_none(directory: DataDirectory, content: str) -> None:
    directory.state.write_text(content)

    assert read_state(directory.state) is None


def test_a_log_that_has_grown_too_long_is_cut_while_its_writer_goes_on(directory: DataDirectory) -> None:
    log = directory.path / "api.log"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "wb", buffering=0) as writer:
        writer.write(b"old\n" * 10)
        rotate_logs([log], largest=10)
        writer.write(b"new\n")

    assert log.read_bytes() == b"new\n"
    assert log.with_name("api.log.1").read_bytes() == b"old\n" * 10


def test_a_short_log_is_left_alone(directory: DataDirectory) -> None:
    log = directory.path / "api.log"
    log.write_bytes(b"short\n")

    rotate_logs([log, directory.path / "none.log"], largest=10)

    assert log.read_bytes() == b"short\n"
