"""The composition root of the executor: builds everything, closes it in reverse."""

import asyncio
import os
import socket
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from eventline_common.bus import Bus
from eventline_common.bus.metrics import watch_bus
from eventline_common.clock import Clock, SystemClock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.encryption_keys import verify_encryption_keys
from eventline_common.db.pool_metrics import watch_pool
from eventline_common.db.session import AWAY, Database
from eventline_common.executions import Claimed, deregister
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.ids import ExecutionId, new_id
from eventline_common.influx import Influx
from eventline_common.logging import get_logger
from eventline_common.metrics import Metrics
from eventline_common.runtime.loop import Wake, run_loop
from eventline_common.runtime.process import Service
from eventline_common.settings import Settings
from eventline_common.tracing.spans import start_tracing
from eventline_executor.claiming import Claiming, Executions
from eventline_executor.counters import Counters
from eventline_executor.ledger import Ledger
from eventline_executor.preparation import Preparation
from eventline_executor.presence import Presence
from eventline_executor.runners import served_runners, start_runners
from eventline_executor.runners.protocol import Fenced, RunnerFactory
from eventline_executor.running import RunningExecution
from eventline_executor.slots import Slots
from eventline_executor.store import IdentityStore


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, clean up what an earlier executor left, and return the tasks of this one."""
    metrics, clock, executor_id = Metrics("executor"), SystemClock(), new_id()
    database, bus = await _connect(settings, stack, metrics)
    influx = Influx.of(settings, "executor", stack, SystemClock())
    influx.watch(database.pool_sizes)
    runners = await start_runners(settings, stack)
    tracing = start_tracing(settings, "executor", stack)
    slots = Slots(settings.executor.max_executions)
    counters = Counters(metrics, slots)
    ledger = _ledger(settings, database, bus, clock, counters, executor_id)
    stack.push_async_callback(ledger.close)
    cipher = IdentityCipher(settings.encryption_key, settings.encryption_keys_previous)
    preparation = Preparation(runners, IdentityStore(database, cipher), cipher, clock)

    def start(claimed: Claimed) -> RunningExecution:
        limit = settings.limits.step_output
        return RunningExecution(
            claimed,
            prepare=preparation.prepare,
            ledger=ledger,
            is_heard=presence.is_heard,
            output_limit=limit,
            tracing=tracing,
        )

    executions = Executions(slots, start, counters)
    claimings: list[Claiming] = []
    presence = Presence(
        database,
        clock,
        executor_id=executor_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        runners=served_runners(settings),
        timeout=timedelta(seconds=settings.executor.timeout),
        refresh_interval=timedelta(seconds=settings.job_execution_refresh_interval),
        running=executions.leases,
        stop_lost=executions.stop_lost,
        adopt=partial(_adopt, claimings),
        let_go=ledger.release,
        move_fence=partial(_move_fence, runners.values()),
    )
    claimings += [Claiming(bus, ledger, slots, executions, presence, runner=name) for name in served_runners(settings)]
    await presence.register()
    stack.push_async_callback(_forget, database, executor_id)
    probes = {"database": database_probe(database), "bus": bus_probe(bus)}
    monitoring = await MonitoringServer.start(settings.monitoring.executor, probes=probes, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    return await _service(settings, bus, presence, executions, claimings, influx)


async def _connect(settings: Settings, stack: AsyncExitStack, metrics: Metrics) -> tuple[Database, Bus]:
    database = await Database.connect(settings.pg, application_name="eventline-executor")
    stack.push_async_callback(database.close)
    await verify_encryption_keys(database, (settings.encryption_key, *settings.encryption_keys_previous))
    bus = await Bus.connect(settings.nats, name="eventline-executor")
    stack.push_async_callback(bus.close)
    watch_pool(metrics, database)
    watch_bus(metrics, bus)
    return database, bus


def _ledger(
    settings: Settings, database: Database, bus: Bus, clock: Clock, counters: Counters, executor_id: str
) -> Ledger:
    return Ledger(
        database,
        bus,
        clock,
        counters,
        executor_id=executor_id,
        platform_limit=settings.max_parallel_job_executions,
        default_retention=settings.job_execution_retention,
    )


async def _service(
    settings: Settings,
    bus: Bus,
    presence: Presence,
    executions: Executions,
    claimings: Sequence[Claiming],
    influx: Influx,
) -> Service:
    heartbeat, aborts = Wake(), Wake()

    async def on_abort(subject: str, _payload: bytes) -> None:
        if ExecutionId(subject.rpartition(".")[2]) in executions.leases():
            aborts.ring()

    async def check_on_abort() -> None:
        while True:
            await aborts.wait(3600)
            try:
                await presence.check()
            except AWAY as error:
                get_logger("executor").info("abort_postponed", error=str(error))

    await bus.subscribe(bus.subjects.execution_aborts(), on_abort)

    async def drain() -> None:
        await asyncio.gather(*(claiming.close() for claiming in claimings))
        await executions.drain(settings.executor.shutdown_grace)

    return Service(
        [
            partial(run_loop, "heartbeat", presence.run_once, pause=presence.heartbeat_interval, wake=heartbeat),
            presence.watch,
            check_on_abort,
            *influx.tasks,
            *(partial(run_loop, f"claiming {c.runner}", c.run_once, pause=0) for c in claimings),
        ],
        drain=drain,
    )


async def _adopt(claimings: Sequence[Claiming], ids: Sequence[ExecutionId]) -> None:
    for claiming in claimings:
        await claiming.adopt(ids)


def _move_fence(runners: Iterable[RunnerFactory], moment: float) -> None:
    for runner in runners:
        if isinstance(runner, Fenced):
            runner.fence(moment)


async def _forget(database: Database, executor_id: str) -> None:
    try:
        async with database.transaction() as tx:
            await deregister(tx, executor_id)
    except AWAY as error:
        get_logger("executor").info("deregistration_failed", error=str(error))
