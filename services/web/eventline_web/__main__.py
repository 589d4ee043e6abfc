"""Starts the web service."""

import sys

from eventline_common.runtime.process import run_service
from eventline_web.app import build


def main() -> int:
    return run_service("web", build)


if __name__ == "__main__":
    sys.exit(main())
