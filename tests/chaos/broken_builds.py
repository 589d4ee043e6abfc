"""Deliberately broken copies of the source: a proof that does not catch them proves nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_LIBS = "libs/common/eventline_common"
_SERVICES = "services"


@dataclass(frozen=True)
class Change:
    """Text of a source file that is replaced; it must be there exactly so often."""

    file: str
    text: str
    instead: str
    times: int = 1


@dataclass(frozen=True)
class BrokenBuild:
    """What is broken, how, and which faults (none named: all) and settings bring it to light."""

    description: str
    changes: Sequence[Change]
    faults: Sequence[str] = ()
    seconds: float = 20
    configuration: str = ""


BROKEN_BUILDS: Mapping[str, BrokenBuild] = {
    "lease": BrokenBuild(
        "the ledger accepts the end of an execution from whoever had it once",
        [
            Change(f"{_LIBS}/executions/end.py", "(w.lease IS NULL OR e.lease = w.lease)", "true"),
            Change(f"{_LIBS}/executions/output.py", "ON w.id = e.id AND w.lease = e.lease", "ON w.id = e.id"),
            Change(f"{_LIBS}/executions/steps.py", "AND e.lease = w.lease", ""),
        ],
        faults=["freeze executor for long", "freeze executor-2 for long"],
        seconds=45,
        # What a frozen executor had is given up soon: there is time to restart it before that wakes up.
        configuration="executor: {timeout: 3}",
    ),
    "sweeper": BrokenBuild(
        "nobody makes lost hints again",
        [
            Change(
                "services/scheduler/eventline_scheduler/waiting.py",
                "for runner in runners if self._bus.connected else []:",
                "for runner in []:",
            )
        ],
        faults=["streams deleted", "nats restarted empty"],
    ),
    "early-publish": BrokenBuild(
        "the api says that an execution can start before it has committed it",
        [
            Change(
                "services/api/eventline_api/jobs/executing.py",
                "        await self._announce(created)\n",
                "            await self._announce(created)\n",
            )
        ],
        faults=["connections cut"],
    ),
}


@contextmanager
def broken_build(build: BrokenBuild) -> Iterator[Mapping[str, str]]:
    """Give the environment in which the broken copy runs instead of the source."""
    folder = Path(tempfile.mkdtemp(prefix="eventline-broken-"))
    folder.chmod(0o755)
    try:
        ignore = shutil.ignore_patterns("__pycache__")
        for name in (_LIBS, _SERVICES):
            shutil.copytree(REPOSITORY / name, folder / name, ignore=ignore)
        for change in build.changes:
            apply(change, folder)
        roots = [folder / "libs" / "common", *sorted((folder / _SERVICES).iterdir())]
        yield {"PYTHONPATH": os.pathsep.join(map(str, roots))}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def apply(change: Change, folder: Path) -> None:
    """Replace the text; raise ValueError when the source does not say so any more."""
    path = folder / change.file
    source = path.read_text()
    if source.count(change.text) != change.times:
        raise ValueError(f"{change.file} has this {source.count(change.text)} times, not {change.times}: {change.text}")
    path.write_text(source.replace(change.text, change.instead))
