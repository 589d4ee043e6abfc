"""What a measurement says: a line of the table, with the numbers behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measure: what, the goal (`–` when there is none), the result in words, and the numbers behind it."""

    measure: str
    goal: str
    result: str
    numbers: Mapping[str, float]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p95, p99 and the longest, in milliseconds."""
    found = {f"p{p}_ms": round(percentile(seconds, p) * 1000, 2) for p in (50, 95, 99)}
    return {**found, "max_ms": round(max(seconds) * 1000, 2)}


def latency_line(measure: str, goal: str, seconds: Sequence[float]) -> Line:
    """Make a line of durations."""
    numbers = milliseconds(seconds)
    return Line(measure, goal, words(numbers), {**numbers, "samples": len(seconds)})


def words(numbers: Mapping[str, float]) -> str:
    """Say percentiles as people read them."""
    return ", ".join(f"{name.removesuffix('_ms')} {number:g} ms" for name, number in numbers.items())


def rate_line(measure: str, goal: str, durations: Sequence[float], *, seconds: float) -> Line:
    """Make a line of requests per second and how long one of them took."""
    numbers = milliseconds(durations)
    rate = len(durations) / seconds
    text = f"{rate:.0f}/s, p50 {numbers['p50_ms']:g} ms, p99 {numbers['p99_ms']:g} ms"
    return Line(measure, goal, text, {"per_second": round(rate, 1), **numbers})


def rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    """Round to two places."""
    return {name: round(number, 2) for name, number in numbers.items()}


def render(lines: Sequence[Line]) -> str:
    """Return a Markdown table."""
    rows = ["| measure | goal | result |", "|---|---|---|"]
    return "\n".join(rows + [f"| {line.measure} | {line.goal} | {line.result} |" for line in lines])
