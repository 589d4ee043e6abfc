"""Our own program in pods, as the kernel runs it: it unpacks, keeps alive, passes on TERM (needs root)."""

import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventline_executor.runners.kubernetes.programs import (
    PROGRAMS,
    NotExecuted,
    Report,
    directory_record,
    file_record,
    find_report,
    told,
)
from eventline_executor.runners.protocol import Exited, Killed

NONCE = bytes(range(16))
_OWN = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
_EMULATORS = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}


@pytest.fixture(params=sorted(PROGRAMS))
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The program of each machine; that of the other one needs an emulator."""
    path = tmp_path / "program"
    path.write_bytes(PROGRAMS[request.param])
    path.chmod(0o755)
    if request.param == _OWN:
        return [str(path)]
    emulator = shutil.which(_EMULATORS[request.param])
    if emulator is None:
        pytest.skip(f"needs {_EMULATORS[request.param]}: apt install qemu-user-static")
    return [emulator, str(path)]


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "program"
    path.write_bytes(PROGRAMS[_OWN or "amd64"])
    path.chmod(0o755)
    return str(path)


def run(program: list[str], name: str, *arguments: str, path: str = "/usr/bin:/bin") -> tuple[bytes, Report | None]:
    done = subprocess.run(
        [*program, "run"], input=told(NONCE, name, arguments) + b"beat", stdout=subprocess.PIPE, env={"PATH": path}
    )
    assert done.returncode == 0
    output, report, rest = find_report(done.stdout, NONCE)
    assert rest == b""
    return output, report


def test_a_program_is_run_with_its_output_merged_and_no_input(program: list[str]) -> None:
    output, report = run(program, "sh", "-c", 'echo out; echo "err $1" >&2; cat; exit 3', "sh", "a b\nc")

    assert (output, report) == (b"out\nerr a b\nc\n", Report(Exited(3)))


def test_a_signal_is_reported(program: list[str]) -> None:
    assert run(program, "/bin/sh", "-c", "kill -USR1 $$")[1] == Report(Killed(signal.SIGUSR1))


@pytest.mark.parametrize(
    ("name", "path", "error"),
    [("no-such", "/usr/bin:/bin", 2), ("/no/such", "/bin", 2), ("/etc", "/bin", 13), ("sh", "", 2), ("sh", "bin:.", 2)],
)
def test_what_cannot_be_executed_is_reported_with_its_error(
    program: list[str], name: str, path: str, error: int
) -> None:
    assert run(program, name, path=path) == (b"", Report(NotExecuted(error)))


def test_a_file_that_must_not_be_executed_does_not_end_the_search(program: list[str], tmp_path: Path) -> None:
    (tmp_path / "printf").touch(0o644)

    assert run(program, "printf", "found", path=f"{tmp_path}:/usr/bin")[0] == b"found"
    assert run(program, "printf", path=f"{tmp_path}:/no")[1] == Report(NotExecuted(13))


def test_archives_are_unpacked_in_order_and_then_it_waits_as_long_as_it_is_told(
    program: list[str], tmp_path: Path
) -> None:
    place, archives = tmp_path / "é place", [tmp_path / "1", tmp_path / "2"]
    archives[0].write_bytes(directory_record(str(place)) + file_record(f"{place}/a", b"one \x00"))
    archives[1].write_bytes(file_record(f"{place}/a", b"two") + file_record(f"{place}/b", b"", executable=True))

    done = subprocess.run([*program, "init", "1", *map(str, archives)])

    assert done.returncode == 0
    assert (place / "a").read_bytes() == b"one \x00two"
    assert [(place / name).stat().st_mode & 0o777 for name in (".", "a", "b")] == [0o700, 0o600, 0o700]


def test_an_archive_that_cannot_be_unpacked_ends_it_with_the_error(program: list[str], tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(file_record("/no/such/folder/file", b"x"))

    assert subprocess.run([*program, "init", "1", str(tmp_path / "archive")]).returncode == 2
    assert subprocess.run([*program, "init", "1", str(tmp_path / "missing")]).returncode == 2


def test_a_wrong_call_ends_it(program: list[str]) -> None:
    assert [subprocess.run([*program, *words]).returncode for words in ((), ("init",), ("x", "y"))] == [1, 1, 1]


def in_namespace(*command: str) -> list[str]:
    """Run a command as the first process of a PID namespace."""
    if os.geteuid() != 0:
        pytest.skip("needs root: PID namespaces")
    return ["unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", *command]


@pytest.fixture
def container(own: str, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A PID namespace whose first process is ours, with a patience of two seconds."""
    archive = tmp_path / "archive"
    archive.write_bytes(file_record(str(tmp_path / "ready"), b""))
    process = subprocess.Popen(in_namespace(own, "init", "2", str(archive)))
    try:
        deadline = time.monotonic() + 20
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


def enter(container: "subprocess.Popen[bytes]", *command: str) -> list[str]:
    first = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()[0]
    return ["nsenter", "-t", first, "-p", "-m", *command]


def test_it_lives_as_long_as_somebody_beats_and_takes_all_others_along(
    container: "subprocess.Popen[bytes]", own: str, tmp_path: Path
) -> None:
    sleeping = subprocess.Popen(enter(container, "sleep", "1000"))
    beating = subprocess.Popen(
        enter(container, own, "beat", str(tmp_path / "ready")), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert beating.stdin is not None
    assert beating.stdout is not None
    assert beating.stdout.read(1) == b"+"
    for _ in range(6):
        time.sleep(0.5)
        beating.stdin.write(b".")
        beating.stdin.flush()
    assert container.poll() is None
    beating.stdin.close()

    assert container.wait(20) == 0
    assert beating.wait(20) == 0
    assert sleeping.wait(20) == -signal.SIGKILL
    beating.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGRTMIN + 3])
def test_the_signal_of_the_image_is_passed_on_as_term_and_it_ends_with_the_last_process(
    container: "subprocess.Popen[bytes]", tmp_path: Path, number: int
) -> None:
    # A shell that has just forked loses the signal on its way to the program.
    sleep = "sleep 1000 & until grep -q sleep /proc/$!/comm; do :; done"
    script = f"trap 'echo asked > {tmp_path}/asked; exit' TERM; {sleep}; touch {tmp_path}/here; wait"
    program = subprocess.Popen(enter(container, "sh", "-c", script))
    while not (tmp_path / "here").exists():
        time.sleep(0.01)
    first = int(enter(container)[2])

    os.kill(first, number)

    assert container.wait(20) == 0
    program.wait(20)
    assert (tmp_path / "asked").read_text() == "asked\n"
