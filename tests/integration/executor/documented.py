"""The messages of runners that the reference promises."""

import re
from pathlib import Path

_REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "runners.md").read_text()
_MESSAGES = re.compile(r"^\| message \| reason \|\n(.*?)\n\n", re.MULTILINE | re.DOTALL)


def is_documented(runner: str, message: str) -> bool:
    """Tell whether a message of a runner is in its table; `…` there stands for anything."""
    section = _REFERENCE.partition(f"\n## {runner}\n")[2]
    [table, *_] = _MESSAGES.findall(section)
    patterns = [text for row in table.splitlines() for text in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    return any(re.fullmatch(re.escape(pattern).replace("…", ".+"), message, re.DOTALL) for pattern in patterns)
