"""`make bench`: a fresh platform for each measurement, a table on standard output and JSON in a file."""

import argparse
import json
import platform as machine
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from tests.bench.lines import Line, render
from tests.bench.machine import machine_limits
from tests.bench.registry import MEASURES, Measure
from tests.bench.stack import Stack, running_stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--only", metavar="<name>,...", help=f"take some measurements only: {', '.join(MEASURES)}")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where to write the numbers")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        parser.error(f'unknown measurement "{unknown[0]}"; there are {", ".join(MEASURES)}')
    print(f"Python {machine.python_version()}, {machine.system()} {machine.machine()}", flush=True)
    for name in names:
        begin = time.monotonic()
        with running_stack(MEASURES[name].configuration) as stack:
            lines = uvloop.run(take(stack, MEASURES[name]))
        print(f"\n## {name} ({time.monotonic() - begin:.0f} s)\n\n{render(lines)}", flush=True)
        save(options.json, name, lines)
    return 0


async def take(stack: Stack, measure: Measure) -> list[Line]:
    """Measure the machine, then the platform on it."""
    return [*await machine_limits(stack), *await measure.take(stack)]


def save(path: Path, name: str, lines: list[Line]) -> None:
    """Keep the latest numbers of each measurement in one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = json.loads(path.read_text()) if path.exists() else {}
    found[name] = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "lines": [asdict(line) for line in lines]}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
