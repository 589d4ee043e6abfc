"""`python -m evcli` and the entry point of the executable."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    try:
        from evcli.app import run_program

        return run_program(sys.argv[1:])
    except KeyboardInterrupt:
        # Before or after the command itself, which tells what it left undone.
        return 1


if __name__ == "__main__":
    sys.exit(main())
