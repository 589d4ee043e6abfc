"""A small supervisor over tiny real programs, run by the tests as a process of its own.

`python supervised.py <folder> <case>`; it writes `state.json` into the folder, and each program appends to `order`.
"""

import signal
import subprocess
import sys
from pathlib import Path

from eventline_common.embedded.child import Command, minimal_environment, spawn
from eventline_standalone.errors import PartFailedError
from eventline_standalone.parts import Part, Stage
from eventline_standalone.state_file import WrittenState, write_state
from eventline_standalone.supervisor import Supervisor, Watching
from eventline_standalone.terminal import Terminal

WAIT = "touch {name}.started; while :; do sleep 0.05; done"
# Says when it starts and, asked to stop, when it stops.
OBEDIENT = "trap 'echo stop {name} >> order; exit 0' TERM; echo start {name} >> order; " + WAIT
STUBBORN = "trap '' TERM; echo start {name} >> order; " + WAIT
# Leaves a program behind in a session of its own when it is stopped.
LEAVING = "setsid sh -c 'echo $$ > orphan; exec sleep 600' & trap 'exit 0' TERM; " + WAIT
FAILING = "echo the reason is written here >&2; exit 3"


def part(folder: Path, name: str, script: str, *, wait: float = 5.0) -> Part:
    """Describe a shell script as a part."""
    log = folder / f"{name}.log"

    def start() -> "subprocess.Popen[bytes]":
        words = ("/bin/sh", "-c", script.format(name=name))
        environment = minimal_environment(home=folder)
        return spawn(Command(words, environment, log_file=log, directory=folder, death_signal=signal.SIGKILL))

    started = folder / f"{name}.started"
    return Part(name, start, started.exists, log_file=log, stop_signals=((signal.SIGTERM, wait),))


def stages(folder: Path, case: str) -> list[Stage]:
    """Give the stages of a case."""
    first = Stage([part(folder, "first", OBEDIENT)])
    match case:
        case "ordered":
            return [first, Stage([part(folder, "second", OBEDIENT), part(folder, "third", OBEDIENT)])]
        case "stubborn":
            return [first, Stage([part(folder, "second", STUBBORN, wait=0.3)])]
        case "leaving":
            return [first, Stage([part(folder, "second", LEAVING)])]
        case "failing":
            return [first, Stage([part(folder, "second", FAILING)])]
    raise ValueError(case)


def main(folder: Path, case: str) -> int:
    """Run the case until a stop signal."""
    watching = Watching(
        changed=lambda parts: write_state(folder / "state.json", WrittenState(0, parts)),
        ready=lambda: (folder / "ready").touch(),
        minute_passed=lambda: None,
    )
    try:
        Supervisor(stages(folder, case), watching, Terminal().log).run()
    except PartFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
