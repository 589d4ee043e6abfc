"""The ssh runner: the steps of an execution on another machine (handbook 4.3, contract/execution.md section 17).

`runners.py` is what an executor keeps, `runner.py` one execution. `target.py` reads parameters and identity,
`host_keys.py` decides whom to trust, `connection.py` connects, `channel.py` runs one command, `workspace.py` is the
directory over there, `scripts.py` the shell scripts that run in it: one per step, and the keeper.
"""

from eventline_executor.runners.ssh.runners import SshRunners

__all__ = ["SshRunners"]
