"""One execution from its claim to its end: prepare, run the steps one after the other, clean up, say how it ended."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from traceback import format_exception

from eventline_common.domain.job_spec import JobSpec, OnFailure
from eventline_common.executions import TIMEOUT_MESSAGE, Claimed, Finish, Held, StepAdvance
from eventline_common.logging import get_logger
from eventline_common.runtime.patience import patiently
from eventline_common.tracing import NO_TRACING, Tracing
from eventline_executor.ledger import Ledger
from eventline_executor.masking import NO_SECRETS, MaskedOutput, Secrets, mask_text
from eventline_executor.output import ExecutionLost, StepOutput
from eventline_executor.runners.failures import failure_text
from eventline_executor.runners.protocol import Runner, RunnerError, StepToRun, Telling
from eventline_executor.traces import ExecutionTrace


class StopReason(StrEnum):
    """Why an execution is stopped from outside."""

    LOST = "lost"
    SHUTDOWN = "shutdown"


class CannotStart(Exception):
    """The execution cannot start, for a reason that people can act on."""


@dataclass(frozen=True)
class Prepared:
    """What is needed to run: a runner that has not done anything yet, the steps, and what they must not show."""

    spec: JobSpec
    runner: Runner
    steps: Sequence[StepToRun]
    secrets: Secrets


Prepare = Callable[[Claimed], Awaitable[Prepared]]
# Whether others know this executor as alive (see `Presence.is_heard`).
IsHeard = Callable[[], bool]

_UNHEARD_PAUSE = 0.1
_SHUTDOWN_MESSAGE = "executor shut down before the end of the execution"


class RunningExecution:
    """An execution in the hands of this executor. `run` always returns, whatever happens inside."""

    def __init__(
        self,
        claimed: Claimed,
        *,
        prepare: Prepare,
        ledger: Ledger,
        is_heard: IsHeard,
        output_limit: int,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._trace = ExecutionTrace(tracing, claimed)
        self.claimed = replace(claimed, trace_parent=self._trace.trace_parent or claimed.trace_parent)
        self._prepare = prepare
        self._ledger = ledger
        self._is_heard = is_heard
        self._output_limit = output_limit
        self._runner: Runner | None = None
        self._secrets = NO_SECRETS
        self._first_output: StepOutput | MaskedOutput | None = None
        self._stopped: StopReason | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._log = get_logger("executor").bind(execution=claimed.id)

    def _stop_requested(self) -> bool:
        """Tell whether somebody stopped us meanwhile: any await may change the answer."""
        return self._stopped is not None

    def stop(self, reason: StopReason) -> None:
        """Stop the programs, from any task and at any moment; the first reason counts, except that lost wins."""
        first = self._stopped is None
        if first or reason is StopReason.LOST:
            self._stopped = reason
        if first and self._runner is not None:
            self._stopping = asyncio.create_task(self._runner.stop(), name=f"stop {self.claimed.id}")

    async def run(self) -> str | None:
        """Run to the end, and record it; return the status, or None when somebody else ended the execution."""
        outcome = self._failed(TIMEOUT_MESSAGE)
        try:
            outcome = await self._run()
        except ExecutionLost:
            self._stopped = StopReason.LOST
        except Exception as error:  # noqa: BLE001 - whatever goes wrong here must end the execution, not the executor
            self._log.error("execution_broke", error=mask_text(self._secrets, "".join(format_exception(error))))
            outcome = self._failed(f"internal error: {error}")
        if outcome.status == "failed" and not self._is_heard():
            self._stopped = StopReason.LOST  # those who watch over the programs ended them, or others will have
        await self._clean_up()
        if self._stopped is StopReason.LOST:
            # It may still be ours: when nobody could reach the database, nobody could take it over.
            outcome = self._failed(TIMEOUT_MESSAGE)
        self._trace.end(outcome)
        if await self._ledger.finish(outcome):
            return outcome.status
        self._log.info("execution_released")
        await self._ledger.release([Held(self.claimed.id, self.claimed.lease)])
        return None

    async def _run(self) -> Finish:
        try:
            return await self._prepare_and_run()
        finally:
            if self._first_output is not None:
                await self._first_output.close()

    async def _prepare_and_run(self) -> Finish:
        try:
            prepared = await patiently(lambda: self._prepare(self.claimed))
            self._runner, self._secrets = prepared.runner, prepared.secrets
            if await self._may_start():
                await self._prepare_runner(prepared)
        except CannotStart as error:
            return self._failed(str(error))
        except RunnerError as error:
            return self._interrupted() if self._stop_requested() else self._failed(str(error))
        return await self._run_steps(prepared)

    async def _may_start(self) -> bool:
        """Wait while nobody hears this executor: who does it again knows by then what others ended, and stops that."""
        while not (self._stop_requested() or self._is_heard()):  # noqa: ASYNC110 - it is also time that decides
            await asyncio.sleep(_UNHEARD_PAUSE)
        return not self._stop_requested()

    async def _prepare_runner(self, prepared: Prepared) -> None:
        """Prepare the runner; what it tells meanwhile is seen at once, as the first output of step 1."""
        if isinstance(prepared.runner, Telling) and prepared.steps:
            self._first_output = self._output(prepared.steps[0])
            prepared.runner.tell(self._first_output)
        await prepared.runner.prepare()

    async def _run_steps(self, prepared: Prepared) -> Finish:
        last = len(prepared.steps)
        for step in prepared.steps:
            if not await self._may_start():
                return self._interrupted()
            try:
                failure = await self._run_step(prepared.runner, step)
            except RunnerError as error:
                if self._stop_requested():
                    return self._interrupted()
                return self._failed(f"cannot execute step {step.position}: {error}")
            if self._stop_requested():
                return self._interrupted()
            continues = prepared.spec.steps[step.position - 1].on_failure is OnFailure.CONTINUE
            if failure is not None and not continues:
                return self._failed(f"cannot execute step {step.position}: {failure}", step=step, step_failure=failure)
            if step.position == last:
                return self._successful(step, failure)
            await self._advance(step, failure)
        return self._end("successful")

    async def _run_step(self, runner: Runner, step: StepToRun) -> str | None:
        output, self._first_output = self._first_output or self._output(step), None
        span = self._trace.step(step.position)
        try:
            result = await runner.run_step(step, output)
        finally:
            await output.close()
        failure = failure_text(result)
        span.end(error=failure)
        return failure

    def _output(self, step: StepToRun) -> StepOutput | MaskedOutput:
        stored = StepOutput(
            self._ledger.append,
            execution_id=self.claimed.id,
            lease=self.claimed.lease,
            step_id=self.claimed.steps[step.position - 1],
            limit=self._output_limit,
        )
        return MaskedOutput(stored, self._secrets) if self._secrets else stored

    async def _advance(self, step: StepToRun, failure: str | None) -> None:
        advance = StepAdvance(self.claimed.id, self.claimed.lease, step.position, failure)
        if not await self._ledger.advance(advance):
            raise ExecutionLost

    async def _clean_up(self) -> None:
        if self._runner is None:
            return
        if self._stopping is not None:
            await asyncio.gather(self._stopping, return_exceptions=True)
        try:
            await self._runner.cleanup()
        except Exception as error:  # noqa: BLE001 - whatever is left behind, the end must be recorded
            self._log.error("cleanup_failed", error=mask_text(self._secrets, str(error)))

    def _successful(self, step: StepToRun, failure: str | None) -> Finish:
        return self._end(
            "successful", step=step, step_status="failed" if failure else "successful", step_failure=failure
        )

    def _failed(self, message: str, *, step: StepToRun | None = None, step_failure: str | None = None) -> Finish:
        return self._end(
            "failed", message, step=step, step_status="failed" if step else None, step_failure=step_failure
        )

    def _interrupted(self) -> Finish:
        return self._end("aborted", _SHUTDOWN_MESSAGE)

    def _end(
        self,
        status: str,
        message: str | None = None,
        *,
        step: StepToRun | None = None,
        step_status: str | None = None,
        step_failure: str | None = None,
    ) -> Finish:
        return Finish(
            self.claimed.id,
            self.claimed.lease,
            status,
            None if message is None else mask_text(self._secrets, message),
            position=step.position if step else 0,
            step_status=step_status,
            step_failure_message=None if step_failure is None else mask_text(self._secrets, step_failure),
        )
