"""What masking secrets costs when a program prints much."""

import random
from statistics import median

from tests.bench.lines import Line, rounded
from tests.bench.measures.output import run_to_the_end
from tests.bench.stack import Stack

_MEGABYTES = 100
_ROUNDS = 7
_WORDS = ("building", "tests", "passed", "in", "module", "warning:", "0x1f", "eventline", "2026-11-26", "ok")


async def measure(stack: Stack) -> list[Line]:
    """Print the same text with and without masking, in turns; two identities give secrets to look for."""
    identities = ["bench-key", "bench-password"]
    _create_identities(stack)
    source = stack.platform.directory / "text"
    source.write_bytes(_text())
    source.chmod(0o644)
    database = await stack.connect()
    step = {"code": f"cat {source}"}
    rates: dict[bool, list[float]] = {True: [], False: []}
    for masked in [True, False] * _ROUNDS:
        flow = await run_to_the_end(stack, database, step, identities=identities, mask_secrets=masked)
        rates[masked].append(flow.rate)
    await database.close()
    on, off = median(rates[True]), median(rates[False])
    return [
        Line(
            f"output with masking of secrets, median of {_ROUNDS}", "costs ≤ 5 % of the rate without",
            f"{on:.0f} MB/s, without {off:.0f} MB/s: {(1 - on / off) * 100:.0f} %",
            rounded({"masked": on, "unmasked": off, "percent": (1 - on / off) * 100}),
        )
    ]  # fmt: skip


def _create_identities(stack: Stack) -> None:
    for name, type, data in (
        ("bench-key", "api_key", {"key": "a key of the benchmark"}),
        ("bench-password", "password", {"login": "bench", "password": "a password of the benchmark"}),
    ):
        identity = {"name": name, "connector": "generic", "type": type, "data": data}
        stack.client.call("POST", "/identities", identity)


def _text() -> bytes:
    words = random.Random(1)
    lines = "".join(" ".join(words.choices(_WORDS, k=8)) + "\n" for _ in range(20_000)).encode()
    return (lines * (_MEGABYTES * 1_000_000 // len(lines) + 1))[: _MEGABYTES * 1_000_000]
