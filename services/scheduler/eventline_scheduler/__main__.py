"""Starts the scheduler service."""

import sys

from eventline_common.runtime.process import run_service
from eventline_scheduler.app import build


def main() -> int:
    return run_service("scheduler", build)


if __name__ == "__main__":
    sys.exit(main())
