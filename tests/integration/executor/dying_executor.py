"""Starts an executor in a process of its own, so that it can be killed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).with_name("executor_with_jobs.py")


@contextmanager
def executor(**told: Any) -> Iterator["subprocess.Popen[str]"]:
    """An executor whose jobs all run; see `executor_with_jobs.py` for what it is told."""
    process = subprocess.Popen([sys.executable, _PROGRAM, json.dumps(told)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "running\n" in process.stdout, "the executor ended before its jobs ran"
        yield process
    finally:
        process.kill()
        process.communicate()
