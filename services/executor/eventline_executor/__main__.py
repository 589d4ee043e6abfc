"""Starts the executor service."""

import sys

from eventline_common.runtime.process import run_service
from eventline_executor.app import build


def main() -> int:
    return run_service("executor", build)


if __name__ == "__main__":
    sys.exit(main())
