"""The supervisor over tiny real programs: order, restarts, and that nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventline_standalone.parts import PartReport, PartState
from eventline_standalone.state_file import read_state

PROGRAM = Path(__file__).with_name("supervised.py")
DEADLINE = 15.0


class Supervised:
    """A running supervisor, seen from outside."""

    def __init__(self, folder: Path, case: str) -> None:
        self.folder = folder
        self.log = folder / "supervisor.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, PROGRAM, folder, case], stdout=log, stderr=log)

    def part(self, name: str) -> PartReport:
        state = read_state(self.folder / "state.json")
        assert state is not None
        return next(part for part in state.parts if part.name == name)

    def pid(self, name: str) -> int:
        pid = self.part(name).pid
        assert pid is not None
        return pid

    def wait(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not what():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def wait_until_ready(self) -> None:
        self.wait((self.folder / "ready").exists)

    def order(self) -> list[str]:
        return (self.folder / "order").read_text().splitlines()


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[str], Supervised]]:
    started: list[Supervised] = []

    def start(case: str) -> Supervised:
        started.append(Supervised(tmp_path, case))
        return started[-1]

    yield start
    for supervised in started:
        supervised.process.kill()
        supervised.process.wait()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_stages_start_in_order_and_stop_in_reverse(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("ordered")
    supervised.wait_until_ready()

    supervised.wait(lambda: len(supervised.order()) == 3)
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(DEADLINE) == 0

    order = supervised.order()
    assert order[0] == "start first"
    assert set(order[1:3]) == {"start second", "start third"}
    assert set(order[3:5]) == {"stop second", "stop third"}
    assert order[5] == "stop first"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_leaves_no_process_behind(supervise: Callable[[str], Supervised], number: signal.Signals) -> None:
    supervised = supervise("ordered")
    supervised.wait_until_ready()
    pids = [supervised.pid(name) for name in ("first", "second", "third")]

    supervised.process.send_signal(number)

    assert supervised.process.wait(DEADLINE) == 0
    assert not [pid for pid in pids if is_alive(pid)]
    assert supervised.part("first").state == PartState.STOPPED


def test_a_part_that_ignores_the_stop_signal_is_killed(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("stubborn")
    supervised.wait(lambda: (supervised.folder / "order").exists() and "start second" in supervised.order())
    supervised.wait_until_ready()
    pid = supervised.pid("second")

    supervised.process.send_signal(signal.SIGTERM)

    assert supervised.process.wait(DEADLINE) == 0
    assert not is_alive(pid)


def test_a_program_that_a_part_left_behind_is_ended_too(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("leaving")
    orphan = supervised.folder / "orphan"
    supervised.wait(lambda: orphan.exists() and orphan.read_text().strip() != "")
    supervised.wait_until_ready()

    supervised.process.send_signal(signal.SIGTERM)

    assert supervised.process.wait(DEADLINE) == 0
    assert not is_alive(int(orphan.read_text()))


def test_a_part_that_dies_is_started_again_with_a_growing_delay(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("ordered")
    supervised.wait_until_ready()
    others = supervised.pid("first")

    for restarts in (1, 2):
        os.kill(supervised.pid("second"), signal.SIGKILL)
        supervised.wait(lambda count=restarts: supervised.part("second").restarts == count)  # type: ignore[misc]
        supervised.wait(lambda: supervised.part("second").state == PartState.READY)

    log = supervised.log.read_text()
    assert "part_died part=second reason=status -9 restart_in=0.5" in log
    assert "part_died part=second reason=status -9 restart_in=1.0" in log
    assert supervised.pid("first") == others


def test_parts_die_with_a_supervisor_that_is_killed(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("ordered")
    supervised.wait_until_ready()
    pids = [supervised.pid(name) for name in ("first", "second", "third")]

    supervised.process.kill()
    supervised.process.wait()

    supervised.wait(lambda: not any(is_alive(pid) for pid in pids))


def test_a_part_that_cannot_start_stops_everything_and_says_why(supervise: Callable[[str], Supervised]) -> None:
    supervised = supervise("failing")

    assert supervised.process.wait(DEADLINE) == 1

    log = supervised.log.read_text()
    assert "second ended with status 3" in log
    assert "the reason is written here" in log
    assert supervised.order() == ["start first", "stop first"]
