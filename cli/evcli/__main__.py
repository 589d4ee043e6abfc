"""`python -m evcli` and the entry point of the executable."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    from evcli.app import run_program

    return run_program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
