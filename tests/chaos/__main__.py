"""`make chaos`: many seeded histories, each printed with its seed so that it can be lived through again."""

import argparse
import multiprocessing
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial

from tests.chaos.broken_builds import BROKEN_BUILDS, broken_build
from tests.chaos.faults import FAULTS
from tests.chaos.history import History, run_history


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if options.at_once < 1:
        parser.error("--at-once must be at least 1")
    if options.broken and options.at_once > 1:
        parser.error("--at-once does not go with --broken, which ends at the first history that is caught")
    # Whoever ends us ends the platform too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    if options.broken:
        return _run_broken(options.broken, options)
    faults, counts, broken = Counter[str](), Counter[str](), 0
    for history in _histories(options):
        faults.update(history.faults)
        counts.update(history.verdict.counts)
        broken += bool(history.verdict.broken)
        _print(history)
    print(f"{options.histories} histories of {options.seconds:g} s, {broken} broken")
    print(f"faults: {_list(faults)}")
    print(f"looked at: {_list(counts)}")
    return 1 if broken else 0


def _histories(options: argparse.Namespace) -> Iterator[History]:
    """Run histories in as many processes as asked for, and yield them in the order of their seeds."""
    seeds = range(options.seed, options.seed + options.histories)
    run = partial(run_history, seconds=options.seconds, only=options.fault)
    with multiprocessing.get_context("fork").Pool(options.at_once) as pool:
        yield from pool.imap(run, seeds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=...", description=__doc__)
    parser.add_argument("--histories", type=int, default=60, help="how many (default 60)")
    parser.add_argument("--seconds", type=float, default=20, help="of load and faults each (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the first history; the others follow (default 1)")
    parser.add_argument(
        "--at-once", type=int, default=1, help="how many histories to run side by side, each with its own platform"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        choices=sorted({fault.name for fault in FAULTS}),
        metavar="NAME",
        help="let only this fault happen; may be given several times",
    )
    parser.add_argument(
        "--broken", choices=sorted(BROKEN_BUILDS), help="run a deliberately broken build until the proof catches it"
    )
    return parser


def _run_broken(name: str, options: argparse.Namespace) -> int:
    """Run histories of a broken build; 0 as soon as one is caught."""
    build = BROKEN_BUILDS[name]
    print(f"broken build {name}: {build.description}", flush=True)
    with broken_build(build) as environment:
        for seed in range(options.seed, options.seed + options.histories):
            history = run_history(
                seed,
                build.seconds,
                only=build.faults,
                environment=environment,
                configuration=build.configuration,
            )
            _print(history, most=5)
            if history.verdict.broken:
                print(f"broken build {name}: caught in history {seed}")
                return 0
    print(f"broken build {name}: not caught in {options.histories} histories")
    return 1


def _print(history: History, *, most: int = 20) -> None:
    word = "BROKEN" if history.verdict.broken else "kept"
    print(
        f"history {history.seed}: {word}; faults: {_list(history.faults)}; {_list(history.verdict.counts)}", flush=True
    )
    for sentence in history.verdict.broken[:most]:
        print(f"  {sentence}", flush=True)
    if len(history.verdict.broken) > most:
        print(f"  and {len(history.verdict.broken) - most} more", flush=True)


def _list(counts: "Counter[str]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
