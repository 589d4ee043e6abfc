"""The routes that deploy jobs (contract http-api, section 10.4)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.jobs.deploying import deploy_jobs
from eventline_api.jobs.deployment_store import lock_jobs
from eventline_api.jobs.schemas import JobView, job_view
from eventline_api.jobs.specification import SpecificationRules, read_specification, read_specifications
from eventline_api.jobs.specification_schemas import JobSpecification
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.path_variables import PathName
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import AfterCommit, Transaction

router = APIRouter(tags=["jobs"])

_DRY_RUN = {
    "name": "dry-run",
    "in": "query",
    "required": False,
    "allowEmptyValue": True,
    "description": "Only check; present is enough, whatever the value. The answer is 204.",
    "schema": {"type": "string"},
}


async def _dry_run(request: Request) -> bool:
    return "dry-run" in request.query_params


_DryRun = Annotated[bool, Depends(_dry_run)]
_TAKES_ONE = takes(JobSpecification)
_TAKES_ONE["parameters"] = [_DRY_RUN]
_TAKES_MANY = takes(JobSpecification, list_of=True)
_TAKES_MANY["parameters"] = [_DRY_RUN]


@router.put(
    "/jobs/name/{name}",
    summary="Deploy a job",
    responses={**answers(200, JobView), 204: {"description": "Dry run: the specification is valid"}},
    openapi_extra=_TAKES_ONE,
)
async def deploy_one(
    caller: ProjectCaller,
    name: PathName,
    dry_run: _DryRun,
    body: JsonBody,
    now: Now,
    api: Api,
    announcements: AfterCommit,
    tx: Transaction,
) -> Response:
    rules = SpecificationRules.of(api.settings)
    await lock_jobs(tx, caller.project_id)
    spec = await read_specification(tx, caller.project_id, body, rules, name=name)
    if dry_run:
        return no_content()
    [job] = await deploy_jobs(tx, caller, [spec], announcements, api.bus.subjects, now=now)
    return JsonResponse(job_view(job))


@router.put(
    "/jobs",
    summary="Deploy several jobs, all or none",
    responses={**answers(200, list[JobView]), 204: {"description": "Dry run: the specifications are valid"}},
    openapi_extra=_TAKES_MANY,
)
async def deploy_many(
    caller: ProjectCaller,
    dry_run: _DryRun,
    body: JsonBody,
    now: Now,
    api: Api,
    announcements: AfterCommit,
    tx: Transaction,
) -> Response:
    rules = SpecificationRules.of(api.settings)
    await lock_jobs(tx, caller.project_id)
    specs = await read_specifications(tx, caller.project_id, body, rules)
    if dry_run:
        return no_content()
    jobs = await deploy_jobs(tx, caller, specs, announcements, api.bus.subjects, now=now)
    return JsonResponse([job_view(job) for job in jobs])
