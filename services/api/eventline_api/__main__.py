"""Starts the API service."""

import sys

from eventline_api.app import build
from eventline_common.runtime.process import run_service


def main() -> int:
    return run_service("api", build)


if __name__ == "__main__":
    sys.exit(main())
