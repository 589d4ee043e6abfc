"""The jobs of the load: random specifications whose programs write down what they do."""

import random
from pathlib import Path

from tests.chaos.journal import PROGRAM

_BEATS = "n=0; while [ $n -lt {n}0 ]; do sleep 0.05; note beat; n=$((n+1)); done"
# What a program does between its first and its last word.
_WORKS = {
    "nothing": ":",
    "short": "sleep 0.0{n}",
    "long": _BEATS,
    "stubborn": "trap '' TERM; " + _BEATS,
    "parent": "(setsid sh -c 'trap \"\" TERM; sleep 100' >/dev/null 2>&1 &); sleep 0.0{n}",
    "file": "(head -c {n}0000 /dev/zero > scratch) 2>/dev/null || :; sleep 0.0{n}",
}
_WEIGHTS = (4, 4, 2, 1, 1, 1)


def random_spec(chance: random.Random, name: str, journal: Path, **members: object) -> dict[str, object]:
    """Return the specification of a job with one to three steps."""
    steps = [_step(chance, journal) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    return {"name": name, "concurrent": chance.random() < 0.5, "steps": steps, **members}


def _step(chance: random.Random, journal: Path) -> dict[str, object]:
    work = chance.choices(sorted(_WORKS), [_WEIGHTS[list(_WORKS).index(kind)] for kind in sorted(_WORKS)])[0]
    code = PROGRAM.format(
        journal=journal,
        lines=chance.choice([0, 1, 20, 500, 20_000]),
        work=_WORKS[work].format(n=chance.randrange(1, 10)),
        status=chance.choice([0, 0, 0, 0, 0, 3]),
    )
    return {"code": code, "on_failure": chance.choice(["abort", "abort", "continue"])}
