"""Starts the connectors service."""

import sys

from eventline_common.runtime.process import run_service
from eventline_connectors.app import build


def main() -> int:
    return run_service("connectors", build)


if __name__ == "__main__":
    sys.exit(main())
