"""The ledger: every transition of an execution, as one guarded statement over a list."""

from eventline_common.executions.claim import Claimed, claim, recall
from eventline_common.executions.end import TIMEOUT_MESSAGE, Ended, Finish, abort, fail_lost, finish
from eventline_common.executions.instantiate import Instantiated, NewExecution, instantiate
from eventline_common.executions.output import OutputChunk, append_output
from eventline_common.executions.presence import Held, deregister, heartbeat, refresh, register, release
from eventline_common.executions.restart import Restarted, restart
from eventline_common.executions.steps import StepAdvance, advance_steps
from eventline_common.executions.waiting import Waiting, list_waiting

__all__ = [
    "TIMEOUT_MESSAGE",
    "Claimed",
    "Ended",
    "Finish",
    "Held",
    "Instantiated",
    "NewExecution",
    "OutputChunk",
    "Restarted",
    "StepAdvance",
    "Waiting",
    "abort",
    "advance_steps",
    "append_output",
    "claim",
    "deregister",
    "fail_lost",
    "finish",
    "heartbeat",
    "instantiate",
    "list_waiting",
    "recall",
    "refresh",
    "register",
    "release",
    "restart",
]
