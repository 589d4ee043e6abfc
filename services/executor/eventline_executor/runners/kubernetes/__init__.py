"""The kubernetes runner: all steps of an execution in one pod (handbook 4.4, contract/execution.md section 18).

`runners.py` is what an executor keeps, `runner.py` one execution, `pod.py` its pod from creation to removal,
`starting.py` its start, `items.py` and `outcome.py` the output and the end of its steps. `cluster.py` makes calls in
threads, `client.py`, `api.py` and `query.py` are the calls, `watching.py` follows pods. `manifests.py` and
`secrets.py` say what the cluster gets, `states.py` what its answers mean. `frames.py` and `exec.py` carry input and
output, `tether.py` keeps a container alive, `programs/` is what runs in it beside the job's own programs,
`leftovers.py` finds pods whose executor is gone.
"""

from eventline_executor.runners.kubernetes.runners import KubernetesRunners

__all__ = ["KubernetesRunners"]
