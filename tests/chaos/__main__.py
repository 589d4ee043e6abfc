"""`make chaos`: many seeded histories, each printed with its seed so that it can be lived through again."""

import argparse
import sys
from collections import Counter

from tests.chaos.history import run_history


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=...", description=__doc__)
    parser.add_argument("--histories", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first history; the others follow")
    options = parser.parse_args()
    faults: Counter[str] = Counter()
    broken = 0
    for seed in range(options.seed, options.seed + options.histories):
        history = run_history(seed, options.seconds)
        faults.update(history.faults)
        broken += bool(history.verdict.broken)
        word = "BROKEN" if history.verdict.broken else "kept"
        counts = ", ".join(f"{name} {count}" for name, count in sorted(history.verdict.counts.items()))
        print(f"history {seed}: {word}; faults {dict(history.faults)}; {counts}", flush=True)
        for sentence in history.verdict.broken:
            print(f"  {sentence}", flush=True)
    print(f"{options.histories} histories, {broken} broken; faults {dict(faults)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
