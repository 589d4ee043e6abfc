"""What a judgement found."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """What was looked at, and every promise that was broken, as a sentence."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
