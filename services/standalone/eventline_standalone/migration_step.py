"""Runs `eventline migrate` as a program of its own before the services start: alembic stays out of the supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from eventline_common.embedded.child import last_lines, launcher, open_log
from eventline_standalone.errors import PartFailedError
from eventline_standalone.service_parts import service_environment

WAIT = "60"


def run_migrations(configuration: Path, log_file: Path | None) -> None:
    """Bring the configured database to the newest schema; raise PartFailedError with what was said otherwise."""
    command = ["-P", "-m", "eventline_standalone", "migrate", "up", "-c", str(configuration), "--wait", WAIT]
    words = [*launcher("same", signal.SIGTERM), sys.executable, *command]
    environment = service_environment(os.environ)
    if log_file is None:
        status = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    else:
        with open_log(log_file) as log:
            done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        status = done.returncode
    if status != 0:
        said = f":\n{last_lines(log_file, 3)}" if log_file else ""
        raise PartFailedError(f"the database could not be brought to the newest schema (status {status}){said}")
