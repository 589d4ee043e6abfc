"""From a claimed execution to what a runner needs: identities, files, variables, steps."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from eventline_common.catalog.identities import identity_environment, secret_fields
from eventline_common.clock import Clock
from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.domain.execution_files import execution_environment, execution_files
from eventline_common.domain.job_spec import JobSpec, Step, read_represented
from eventline_common.domain.parameters import parameter_environment, text_of
from eventline_common.executions import Claimed
from eventline_common.times import format_time
from eventline_executor.masking import SecretsCache
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    RunnerFactory,
    RunnerIdentity,
    RuntimeFile,
    StepToRun,
)
from eventline_executor.running import CannotStart, Prepared
from eventline_executor.store import Identity, IdentityStore


class Preparation:
    """Builds the runner of an execution; raises CannotStart for what people can act on (G-23)."""

    def __init__(
        self, runners: Mapping[str, RunnerFactory], identities: IdentityStore, cipher: IdentityCipher, clock: Clock
    ) -> None:
        self._runners = runners
        self._identities = identities
        self._cipher = cipher
        self._clock = clock
        self._secrets = SecretsCache()

    async def prepare(self, claimed: Claimed) -> Prepared:
        """Load identities, and return a runner that has not done anything yet."""
        spec = read_represented(claimed.spec)
        try:
            identities = await self._identities.use(claimed.project_id, spec.used_identities, now=self._clock.now())
            secret_parameters = self._secret_parameters(claimed)
        except UndecryptableIdentity as error:
            raise CannotStart(str(error)) from error
        if spec.runner.identity and spec.runner.identity not in identities:
            raise CannotStart(f'missing runner identity "{spec.runner.identity}"')
        _require_ready(identities.values())
        parameters = {**(claimed.parameters or {}), **secret_parameters}
        execution = _execution(claimed, spec, parameters, identities)
        runner = self._runners[spec.runner.name].create(execution)
        hidden = _secret_texts(identities, secret_parameters) if spec.mask_secrets else frozenset()
        return Prepared(spec, runner, execution.steps, await self._secrets.get(hidden))

    def _secret_parameters(self, claimed: Claimed) -> Mapping[str, object]:
        if claimed.secret_parameters is None:
            return {}
        values: dict[str, object] = orjson.loads(self._cipher.decrypt(claimed.secret_parameters, context=claimed.id))
        return values


def _require_ready(identities: Iterable[Identity]) -> None:
    """Raise CannotStart for an identity that is pending or has an error: it cannot be used (handbook, section 3.1)."""
    for identity in identities:
        if identity.status != "ready":
            advice = "complete its authorization, or edit it, and run the job again"
            raise CannotStart(f'identity "{identity.name}" cannot be used: its status is {identity.status}; {advice}')


def _secret_texts(identities: Mapping[str, Identity], parameters: Mapping[str, object]) -> frozenset[str]:
    """Return what must not be shown: the secret fields of identities, and secret parameters."""
    values = [
        identity.data.get(field)
        for identity in identities.values()
        for field in secret_fields(identity.connector, identity.type)
    ]
    written = (value for value in (*values, *parameters.values()) if not isinstance(value, bool | None))
    return frozenset(text_of(value) for value in written)


def _step(step: Step, position: int) -> StepToRun:
    if step.command is not None:
        return StepToRun(position, step.command.name, step.command.arguments)
    return StepToRun(position, None, step.script.arguments if step.script is not None else ())


def _execution(
    claimed: Claimed, spec: JobSpec, parameters: Mapping[str, object], identities: Mapping[str, Identity]
) -> ExecutionToRun:
    files = execution_files(
        steps=spec.steps,
        code_header=claimed.code_header,
        event=_event_view(claimed.event) if claimed.event is not None else None,
        parameters=parameters,
        identities={name: identity_view(identity) for name, identity in identities.items()},
    )
    return ExecutionToRun(
        id=claimed.id,
        attempt=claimed.attempt,
        project_id=claimed.project_id,
        project_name=claimed.project_name,
        job_id=claimed.job_id,
        job_name=spec.name,
        environment=_environment(claimed, spec, parameters, identities),
        files={path: RuntimeFile(file.content, file.executable) for path, file in files.items()},
        steps=[_step(step, position) for position, step in enumerate(spec.steps, 1)],
        runner_parameters=spec.runner.parameters or {},
        runner_identity=_runner_identity(identities.get(spec.runner.identity)),
    )


def _environment(
    claimed: Claimed, spec: JobSpec, parameters: Mapping[str, object], identities: Mapping[str, Identity]
) -> dict[str, str]:
    trace = {"TRACEPARENT": claimed.trace_parent} if claimed.trace_parent else {}
    return trace | execution_environment(
        project_id=claimed.project_id,
        project_name=claimed.project_name,
        job_id=claimed.job_id,
        job_name=spec.name,
        execution_id=claimed.id,
        attempt=claimed.attempt,
        identities=[identity_environment(each.connector, each.type, each.data) for each in identities.values()],
        job_environment=spec.environment,
        parameters=parameter_environment(spec.parameters, parameters),
    )


def _runner_identity(identity: Identity | None) -> RunnerIdentity | None:
    if identity is None:
        return None
    return RunnerIdentity(identity.name, identity.connector, identity.type, identity.data)


def _event_view(event: Mapping[str, Any]) -> dict[str, object]:
    """Return the event as the API represents it (contract http-api, section 11)."""
    times = {name: format_time(event[name]) for name in ("creation_time", "event_time")}
    return {name: value for name, value in {**event, **times}.items() if value is not None}


def identity_view(identity: Identity) -> dict[str, object]:
    """Return the identity as the API represents it, with its data in clear."""
    members: dict[str, object] = {
        "id": identity.id,
        "project_id": identity.project_id,
        "name": identity.name,
        "status": identity.status,
        "creation_time": format_time(identity.creation_time),
        "update_time": format_time(identity.update_time),
        "last_use_time": format_time(identity.last_use_time),
        "refresh_time": format_time(identity.refresh_time) if identity.refresh_time is not None else None,
        "connector": identity.connector,
        "type": identity.type,
        "data": dict(identity.data),
    }
    return {name: value for name, value in members.items() if value is not None}
