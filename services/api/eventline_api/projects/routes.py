"""The routes of projects (contract http-api, section 10.3) and of their configuration."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.projects import service, store
from eventline_api.projects.channels import ChannelChanges
from eventline_api.projects.project import (
    DuplicateProjectName,
    NotificationSettings,
    ProjectSettings,
    UnknownProject,
    read_configuration,
    read_project_name,
)
from eventline_api.projects.schemas import (
    ConfigurationBody,
    ConfigurationView,
    NewProject,
    NotificationSettingsBody,
    NotificationSettingsView,
    ProjectSettingsBody,
    ProjectSettingsView,
    ProjectView,
    configuration_view,
    notification_settings_view,
    project_view,
    settings_view,
)
from eventline_common.http.callers import AdminCaller, ApiCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId, PathName
from eventline_common.http.platform import JsonBody
from eventline_common.http.readers import read_object, refuse_errors
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import ProjectId

router = APIRouter(tags=["projects"])

_ID = "/projects/id/{id}"


@router.get("/projects", summary="List projects", responses=answers(200, PageView[ProjectView]))
async def list_projects(
    _: ApiCaller, cursor: Annotated[Cursor, Depends(cursor_of(store.PROJECTS))], tx: Reading
) -> Response:
    return JsonResponse(page_view(await store.list_projects(tx, cursor), cursor, project_view))


@router.post(
    "/projects",
    status_code=201,
    summary="Create a project",
    responses=answers(201, ProjectView, DuplicateProjectName),
    openapi_extra=takes(NewProject),
)
async def create(caller: AdminCaller, body: JsonBody, now: Now, tx: Transaction) -> Response:
    project = await service.create_project(tx, caller, read_project_name(body), now=now)
    return JsonResponse(project_view(project), 201)


@router.get(_ID, summary="Fetch a project", responses=answers(200, ProjectView, UnknownProject))
async def fetch(_: ApiCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(project_view(await store.get_project(tx, ProjectId(id))))


@router.get(
    "/projects/name/{name}", summary="Fetch a project by name", responses=answers(200, ProjectView, UnknownProject)
)
async def fetch_by_name(_: ApiCaller, name: PathName, tx: Reading) -> Response:
    return JsonResponse(project_view(await store.get_project_by_name(tx, name)))


@router.put(
    _ID,
    summary="Rename a project",
    responses=answers(200, ProjectView, UnknownProject, DuplicateProjectName),
    openapi_extra=takes(NewProject),
)
async def update(caller: AdminCaller, id: PathId, body: JsonBody, now: Now, tx: Transaction) -> Response:
    project = await service.update_project(tx, caller, ProjectId(id), read_project_name(body), now=now)
    return JsonResponse(project_view(project))


@router.delete(
    _ID,
    status_code=204,
    summary="Delete a project with all that is in it",
    responses=answers(204, None, UnknownProject),
)
async def delete(
    caller: AdminCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    await service.delete_project(tx, caller, ProjectId(id), announcements, api.bus.subjects, now=now)
    return no_content()


@router.get(
    f"{_ID}/settings", summary="Fetch project settings", responses=answers(200, ProjectSettingsView, UnknownProject)
)
async def fetch_settings(_: ApiCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(settings_view(ProjectId(id), await store.get_settings(tx, ProjectId(id))))


@router.put(
    f"{_ID}/settings",
    summary="Change project settings",
    responses=answers(200, ProjectSettingsView, UnknownProject),
    openapi_extra=takes(ProjectSettingsBody),
)
async def update_settings(caller: AdminCaller, id: PathId, body: JsonBody, now: Now, tx: Transaction) -> Response:
    reader = read_object(body)
    settings = ProjectSettings.read(reader)
    refuse_errors(reader)
    await service.save_settings(tx, caller, ProjectId(id), settings, now=now)
    return JsonResponse(settings_view(ProjectId(id), settings))


@router.get(
    f"{_ID}/notification_settings",
    summary="Fetch notification settings",
    responses=answers(200, NotificationSettingsView, UnknownProject),
)
async def fetch_notification_settings(_: ApiCaller, id: PathId, tx: Reading) -> Response:
    settings = await store.get_notification_settings(tx, ProjectId(id))
    return JsonResponse(notification_settings_view(ProjectId(id), settings))


@router.put(
    f"{_ID}/notification_settings",
    summary="Change notification settings",
    responses=answers(200, NotificationSettingsView, UnknownProject),
    openapi_extra=takes(NotificationSettingsBody),
)
async def update_notification_settings(
    caller: AdminCaller, id: PathId, body: JsonBody, now: Now, api: Api, tx: Transaction
) -> Response:
    reader = read_object(body)
    settings = NotificationSettings.read(reader, domains=api.settings.notifications.allowed_domains)
    changes = ChannelChanges.read(reader)
    refuse_errors(reader)
    stored = await service.save_notification_settings(tx, caller, ProjectId(id), settings, changes, api.cipher, now=now)
    return JsonResponse(notification_settings_view(ProjectId(id), stored))


@router.get(
    f"{_ID}/configuration",
    summary="Fetch everything that is configured about a project",
    responses=answers(200, ConfigurationView, UnknownProject),
)
async def fetch_configuration(_: ApiCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(configuration_view(*await service.load_configuration(tx, ProjectId(id))))


@router.put(
    f"{_ID}/configuration",
    summary="Configure a project",
    responses=answers(200, ConfigurationView, UnknownProject, DuplicateProjectName),
    openapi_extra=takes(ConfigurationBody),
)
async def configure(caller: AdminCaller, id: PathId, body: JsonBody, now: Now, api: Api, tx: Transaction) -> Response:
    new = read_configuration(body, domains=api.settings.notifications.allowed_domains)
    configured = await service.configure(tx, caller, ProjectId(id), new, api.cipher, now=now)
    return JsonResponse(configuration_view(*configured))
