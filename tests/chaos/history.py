"""One seeded history: load and faults together, then quiet, then the proof."""

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg

from tests.chaos.checker import check
from tests.chaos.faults import Faults
from tests.chaos.hints import HintWatch
from tests.chaos.journal import read_journal
from tests.chaos.leftovers import find_leftovers
from tests.chaos.load import Load
from tests.chaos.record import Record, count_unsettled, read_record, start_recording
from tests.chaos.verdict import Verdict
from tests.chaos.world import World, running_world

# After so long without any sign of life of any program something is stuck; a busy machine makes programs slow.
_SETTLE = 60.0
_LONGEST_SETTLE = 600.0
_TIDY = 20.0


@dataclass(frozen=True)
class History:
    """A history that was lived through."""

    seed: int
    faults: Counter[str]
    verdict: Verdict


def run_history(
    seed: int,
    seconds: float,
    *,
    only: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    configuration: str = "",
) -> History:
    """Start a platform, break it under load for that long (with all faults, or `only` some), and judge it."""
    with running_world(environment, configuration) as world:
        database = world.platform.setting("postgres")
        start_recording(database)
        load = Load(api_port=world.platform.api_port, database=database, journal=world.platform.journal, seed=seed)
        watch = HintWatch(nats_uri=world.platform.setting("nats"), database=database)
        watch.start()
        faults = Faults(world, seed, only=only)
        try:
            _live(load, faults, seconds)
            settled, left = _wait_until_settled(world), _wait_until_tidy(world)
        finally:
            watch.end()
        record = read_record(database)
        verdict = check(record, read_journal(world.platform.journal), load.accepted)
        verdict.counts["hints looked at"] = watch.seen
        verdict.broken += [*watch.early, *left]
        if not settled:
            verdict.broken.append(f"something still waits or runs, {_SETTLE:g} s after the last sign of life")
        if verdict.broken:
            verdict.broken.append(f"logs, journal and record are kept in {_keep(world, record)}")
    return History(seed, faults.done, verdict)


def _keep(world: World, record: Record) -> Path:
    """Save what explains a history."""
    folder = Path(tempfile.mkdtemp(prefix="eventline-history-"))
    shutil.copytree(world.platform.directory / "data" / "logs", folder / "logs")
    for name in ("journal", "log"):
        shutil.copy(world.platform.directory / name, folder)
    (folder / "record.json").write_text(json.dumps(asdict(record), default=str))
    return folder


def _live(load: Load, faults: Faults, seconds: float) -> None:
    load.prepare()
    faults.start()
    try:
        load.run(seconds)
    finally:
        faults.stop()


def _wait_until_settled(world: World) -> bool:
    """Wait until nothing waits and nothing runs; False when nothing moves any more before that."""
    seen, at, latest = -1, time.monotonic(), time.monotonic() + _LONGEST_SETTLE
    while time.monotonic() < min(at + _SETTLE, latest):
        size = world.platform.journal.stat().st_size if world.platform.journal.exists() else 0
        seen, at = (size, time.monotonic()) if size != seen else (seen, at)
        try:
            if count_unsettled(world.platform.setting("postgres")) == 0:
                return True
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass
        time.sleep(0.3)
    return False


def _wait_until_tidy(world: World) -> Sequence[str]:
    """Return what is left of executions: cleaning up may take a moment longer than the statuses."""
    deadline = time.monotonic() + _TIDY
    while (left := find_leftovers(world.root)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return left
