"""Contract evcli, section 8: executing jobs without waiting, job executions and events."""

from typing import Any

from tests.contract.evcli.rows import Row, cases, check
from tests.contract.evcli.scene import Scene, a_job, an_event, an_execution

PARAMETERS = [
    {"name": "branch", "type": "string", "values": ["main", "next"], "default": "main"},
    {"name": "count", "type": "integer", "default": 1},
    {"name": "ratio", "type": "number", "default": 0.5},
    {"name": "public", "type": "boolean", "default": False},
]
WITH_PARAMETERS = (a_job("build", parameters=PARAMETERS),)
MANDATORY = (a_job("build", parameters=[{"name": "count", "type": "integer"}]),)


def executions(scene: Scene) -> list[Any]:
    """The executions of the project."""
    elements: list[Any] = scene.client.call("GET", "/job_executions")["elements"]
    return elements


def status(scene: Scene) -> str:
    return str(scene.client.call("GET", f"/job_executions/id/{scene.names['execution']}")["status"])


def parameters(scene: Scene) -> Any:
    return executions(scene)[0].get("parameters")


ABORTING = (
    Row(
        "before it has started",
        "abort-job-execution {execution}",
        stderr="job execution aborted\n",
        given=(a_job(), an_execution()),
        then=lambda scene: status(scene) == "aborted",
    ),
    Row(
        "not once it has finished",
        "abort-job-execution {execution}",
        stderr="error: «text»\n",
        status=1,
        given=(a_job(), an_execution(aborted=True)),
    ),
    Row(
        "an unknown one",
        f"abort-job-execution {'0' * 27}",
        stderr=f'error: unknown job execution "{"0" * 27}"\n',
        status=1,
    ),
    Row("what is no id", "abort-job-execution x", stderr="error: «text»\n", status=1),
    Row("an empty id", "abort-job-execution ''", stderr="error: a name or an identifier must not be empty\n", status=1),
)
RESTARTING = (
    Row(
        "once it has finished",
        "restart-job-execution {execution}",
        stderr="job execution restarted\n",
        given=(a_job(), an_execution(aborted=True)),
        then=lambda scene: status(scene) == "created",
    ),
    Row(
        "not before",
        "restart-job-execution {execution}",
        stderr="error: «text»\n",
        status=1,
        given=(a_job(), an_execution()),
    ),
)
EXECUTING = (
    Row(
        "creates an execution",
        "execute-job hello",
        stderr="job execution «id» created\n",
        given=(a_job(),),
        then=lambda scene: len(executions(scene)) == 1,
    ),
    Row("quiet", "-q execute-job hello", given=(a_job(),), then=lambda scene: len(executions(scene)) == 1),
    Row(
        "parameters have the types that the job declares",
        "execute-job build branch=next count=12 ratio=1e3 public=TRUE",
        stderr="job execution «id» created\n",
        given=WITH_PARAMETERS,
        then=lambda scene: parameters(scene) == {"branch": "next", "count": 12, "ratio": 1000, "public": True},
    ),
    Row(
        "parameters that are not given have their defaults",
        "execute-job build",
        stderr="job execution «id» created\n",
        given=WITH_PARAMETERS,
        then=lambda scene: parameters(scene) == {"branch": "main", "count": 1, "ratio": 0.5, "public": False},
    ),
    Row(
        "an argument without a value",
        "execute-job build branch",
        stderr='error: invalid parameter "branch": it must look like <name>=<value>\n',
        status=1,
        given=WITH_PARAMETERS,
        then=lambda scene: not executions(scene),
    ),
    Row(
        "an unknown parameter",
        "execute-job build x=1",
        stderr='error: unknown parameter "x"; parameters: branch, count, public, ratio\n',
        status=1,
        given=WITH_PARAMETERS,
        then=lambda scene: not executions(scene),
    ),
    Row(
        "an invalid value",
        "execute-job build count=1.5",
        stderr='error: invalid value "1.5" for parameter "count": it must be an integer\n',
        status=1,
        given=WITH_PARAMETERS,
        then=lambda scene: not executions(scene),
    ),
    Row(
        "a parameter that is missing",
        "execute-job build",
        stderr='error: missing value for parameter "count", which has no default\n',
        status=1,
        given=MANDATORY,
        then=lambda scene: not executions(scene),
    ),
    Row(
        "a value that the server refuses",
        "execute-job build branch=x",
        stderr='error: invalid parameter "branch": «text»\nerror: the job cannot be executed with these parameters\n',
        status=1,
        given=WITH_PARAMETERS,
        then=lambda scene: not executions(scene),
    ),
    Row(
        "--fail needs --wait",
        "execute-job --fail hello",
        stderr="error: option --fail can only be used with --wait\n",
        status=1,
        given=(a_job(),),
        then=lambda scene: not executions(scene),
    ),
    Row("an unknown job", "execute-job none", stderr='error: unknown job "none"\n', status=1),
)
REPLAYING = (
    Row(
        "the id of the new event is data",
        "replay-event {event}",
        "«id»\n",
        "event {event} replayed\n",
        given=(a_job(), an_event()),
        then=lambda scene: len(scene.client.call("GET", "/events")["elements"]) == 2,
    ),
    Row("only the id when quiet", "-q replay-event {event}", "«id»\n", given=(a_job(), an_event())),
    Row("an unknown event", f"replay-event {'0' * 27}", stderr=f'error: unknown event "{"0" * 27}"\n', status=1),
)


@cases([*ABORTING, *RESTARTING, *EXECUTING, *REPLAYING])
def test_a_command_about_executions_or_events_keeps_the_contract(scene: Scene, row: Row) -> None:
    check(row, scene)
