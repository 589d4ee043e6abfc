"""`make proofs`: each promise on a platform of its own, with the evidence printed."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from tests.proofs import abort_tree, large_output, lost_executor, old_executions, servers_away, wiped_streams
from tests.proofs.evidence import NotProved, Say

PROOFS: Mapping[str, Callable[[Platform, Client, Say], None]] = {
    "lost-executor": lost_executor.prove,
    "wiped-streams": wiped_streams.prove,
    "abort-tree": abort_tree.prove,
    "large-output": large_output.prove,
    "servers-away": servers_away.prove,
    "old-executions": old_executions.prove,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make proofs ARGS=...", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(PROOFS)} (default all)")
    # Whoever ends us ends the platform too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    names = parser.parse_args().names or list(PROOFS)
    if unknown := sorted(set(names) - set(PROOFS)):
        parser.error(f"unknown proof {', '.join(unknown)}; known: {', '.join(PROOFS)}")
    kept = [_prove(name) for name in names]
    print(f"{len(kept)} proofs, {kept.count(False)} failed")
    return 0 if all(kept) else 1


def _prove(name: str) -> bool:
    started = time.monotonic()
    with running_platform() as platform:
        client = Client.log_in(platform.api_port)
        try:
            PROOFS[name](platform, client, lambda line: print(f"{name}: {line}", flush=True))
        except NotProved as error:
            print(f"{name}: NOT PROVED: {error}", flush=True)
            return False
    print(f"{name}: proved in {time.monotonic() - started:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
