"""The docker runner: all steps of an execution in one container (handbook 4.2, contract/execution.md section 16).

`runners.py` is what an executor keeps, `runner.py` one execution. `engine.py` calls the daemon, `hijacked.py` reads
output, `images.py` tells about pulls, `archive.py` brings the files, `programs.py` is what runs in the container beside
the job's own programs, `leftovers.py` finds containers whose executor is gone.
"""

from eventline_executor.runners.docker.runners import DockerRunners

__all__ = ["DockerRunners"]
