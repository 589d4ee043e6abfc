"""Starts the notifier service."""

import sys

from eventline_common.runtime.process import run_service
from eventline_notifier.app import build


def main() -> int:
    return run_service("notifier", build)


if __name__ == "__main__":
    sys.exit(main())
