"""Starts the API service."""

import sys

from eventline_common.runtime.process import run_service

from eventline_api.app import build


def main() -> int:
    return run_service("api", build)


if __name__ == "__main__":
    sys.exit(main())
