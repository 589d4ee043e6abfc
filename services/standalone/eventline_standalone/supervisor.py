"""Starts stages in order, starts dead parts again, stops everything in reverse; idle while nothing happens.

All children are started from the thread that runs `run`: they die with it, even when it is killed.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import FrameType

from eventline_common.clock import utc_now
from eventline_common.embedded.child import last_lines
from eventline_common.embedded.errors import EmbeddedServerError
from eventline_standalone.descendants import adopt_orphans, end_descendants, reap_orphans
from eventline_standalone.errors import PartFailedError
from eventline_standalone.parts import Part, PartReport, PartState, Stage
from eventline_standalone.restart_policy import count_failure, restart_delay
from eventline_standalone.terminal import Log

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 0.05
ROUND = 60.0


class StopRequested(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived; raised by the signal handler in whatever is being waited for."""


@dataclass
class Member:
    """A part and its present process."""

    part: Part
    state: PartState = PartState.WAITING
    process: "subprocess.Popen[bytes] | None" = None
    since: datetime | None = None
    started: float = 0.0
    failures: int = 0
    restarts: int = 0
    due: float | None = None

    def report(self) -> PartReport:
        """Give what others may know."""
        living = self.process is not None and self.process.returncode is None
        return PartReport(
            name=self.part.name,
            state=self.state,
            pid=self.process.pid if self.process and living else None,
            since=self.since.isoformat(timespec="seconds") if self.since and living else None,
            restarts=self.restarts,
            address=self.part.address,
            health=self.part.health,
        )


@dataclass(frozen=True)
class Watching:
    """What the supervisor tells: each change of any part, that all are ready, and that a minute has passed."""

    changed: Callable[[Sequence[PartReport]], None]
    ready: Callable[[], None]
    minute_passed: Callable[[], None]


class Supervisor:
    """Keeps the parts of all stages alive until it is told to stop."""

    def __init__(self, stages: Sequence[Stage], watching: Watching, log: Log) -> None:
        self._stages = [(stage, [Member(part) for part in stage.parts]) for stage in stages]
        self._members = [member for _, members in self._stages for member in members]
        self._watching = watching
        self._log = log
        self._stopping = False

    def run(self) -> None:
        """Start everything, keep it alive, and return after a stop signal once nothing of it runs any more.

        Raises PartFailedError or EmbeddedServerError when something does not come up; everything is stopped then too.
        """
        adopt_orphans()
        earlier = {number: signal.signal(number, self._on_stop_signal) for number in STOP_SIGNALS}
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            self._start_all()
            self._watching.ready()
            self._keep_alive()
        except StopRequested as request:
            self._log("stop_requested", signal=str(request))
        finally:
            self._stopping = True
            self._stop_all()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def _on_stop_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            return
        self._stopping = True
        raise StopRequested(signal.Signals(number).name)

    def _start_all(self) -> None:
        for stage, members in self._stages:
            if stage.prepare is not None:
                stage.prepare()
            for member in members:
                self._start(member)
            for member in members:
                self._wait_until_ready(member)

    def _start(self, member: Member) -> None:
        member.state = PartState.STARTING
        member.due = None
        member.since, member.started = utc_now(), time.monotonic()
        member.process = member.part.start()
        self._tell()

    def _wait_until_ready(self, member: Member) -> None:
        deadline = member.started + member.part.ready_within
        while not self._became_ready(member):
            if member.process is not None and member.process.poll() is not None:
                raise PartFailedError(self._why(member, f"ended with status {member.process.returncode}"))
            if time.monotonic() > deadline:
                raise PartFailedError(self._why(member, f"was not ready after {member.part.ready_within:g} s"))
            signal.sigtimedwait({signal.SIGCHLD}, PAUSE)

    def _became_ready(self, member: Member) -> bool:
        if member.process is None or member.process.poll() is not None or not member.part.is_ready():
            return False
        member.state = PartState.READY
        self._log("part_ready", part=member.part.name, seconds=round(time.monotonic() - member.started, 2))
        self._tell()
        return True

    @staticmethod
    def _why(member: Member, what: str) -> str:
        log = member.part.log_file
        said = f"; the end of {log}:\n{last_lines(log, 12)}" if log else ""
        return f"{member.part.name} {what}{said}"

    def _keep_alive(self) -> None:
        minute = time.monotonic() + ROUND
        while True:
            signal.sigtimedwait({signal.SIGCHLD}, self._seconds_until_news(minute))
            reap_orphans(known={member.process.pid for member in self._members if member.process})
            for member in self._members:
                self._look_after(member)
            if time.monotonic() >= minute:
                self._watching.minute_passed()
                minute = time.monotonic() + ROUND

    def _seconds_until_news(self, minute: float) -> float:
        if any(member.state == PartState.STARTING for member in self._members):
            return PAUSE
        return max(0.0, min([minute, *(member.due for member in self._members if member.due)]) - time.monotonic())

    def _look_after(self, member: Member) -> None:
        if member.due is not None:
            if time.monotonic() >= member.due:
                self._start_again(member)
        elif member.process is not None and (status := member.process.poll()) is not None:
            self._plan_restart(member, f"status {status}")
        elif member.state == PartState.STARTING and not self._became_ready(member):
            self._end_if_stuck(member)

    def _end_if_stuck(self, member: Member) -> None:
        if member.process is not None and time.monotonic() > member.started + member.part.ready_within:
            self._log("part_stuck", part=member.part.name, seconds=member.part.ready_within)
            member.process.kill()

    def _plan_restart(self, member: Member, reason: str) -> None:
        member.failures = count_failure(member.failures, lived=time.monotonic() - member.started)
        delay = restart_delay(member.failures)
        member.state, member.due = PartState.RESTARTING, time.monotonic() + delay
        self._log("part_died", part=member.part.name, reason=reason, restart_in=delay)
        self._tell()

    def _start_again(self, member: Member) -> None:
        member.restarts += 1
        try:
            self._start(member)
        except (EmbeddedServerError, OSError) as error:
            self._plan_restart(member, str(error))

    def _stop_all(self) -> None:
        for _, members in reversed(self._stages):
            running = [member for member in reversed(members) if member.process and member.process.poll() is None]
            for member in running:
                self._signal_first(member)
            for member in running:
                self._end(member)
        left = end_descendants()
        if left:
            self._log("leftovers_killed", count=left)

    @staticmethod
    def _signal_first(member: Member) -> None:
        if member.process is not None:
            member.process.send_signal(member.part.stop_signals[0][0])

    def _end(self, member: Member) -> None:
        if member.process is None:
            return
        for position, (number, seconds) in enumerate(member.part.stop_signals):
            if position > 0:
                member.process.send_signal(number)
            try:
                member.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        if member.process.poll() is None:
            member.process.kill()
            member.process.wait()
        member.state = PartState.STOPPED
        self._log("part_stopped", part=member.part.name, status=member.process.returncode)
        self._tell()

    def _tell(self) -> None:
        self._watching.changed([member.report() for member in self._members])
