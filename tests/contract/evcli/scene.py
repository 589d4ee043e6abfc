"""What a row of the contract finds when it begins: a project with jobs, executions, events and identities."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventline_common.db.session import Database
from eventline_common.ids import JobId, ProjectId
from eventline_common.settings import load_settings
from eventline_common.testing.client import Client
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.factories import create_event
from eventline_common.testing.services import Services


@dataclass(frozen=True)
class Scene:
    """A project, and the names that rows use for what is in it, such as `{hello}` for the id of the job hello."""

    client: Client
    evcli: Evcli
    services: Services
    project: str
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, administrator: Client, evcli: Evcli, services: Services) -> "Scene":
        """Create the project."""
        project = f"p-{secrets.token_hex(6)}"
        client = administrator.another()
        client.project_id = client.call("POST", "/projects", {"name": project})["id"]
        names = {"project": project, "project_id": client.project_id, "uri": f"http://127.0.0.1:{client.port}"}
        return cls(client, evcli, services, project, names)

    @property
    def directory(self) -> Path:
        """Where evcli is run."""
        return self.evcli.directory

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The project of the scene is the one that the environment names."""
        return {"EVENTLINE_PROJECT_NAME": self.project, **more}

    def write(self, name: str, text: str) -> None:
        """Write a file into the directory where evcli is run."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def job(self, name: str) -> Any:
        """Fetch a job."""
        return self.client.call("GET", f"/jobs/name/{name}")

    def has(self, path: str) -> bool:
        """Whether the API finds an object."""
        try:
            self.client.call("GET", path)
        except RuntimeError:
            return False
        return True


Given = Callable[[Scene], None]


def a_job(name: str = "hello", **members: object) -> Given:
    """Deploy a job with one step."""

    def deploy(scene: Scene) -> None:
        scene.names[name] = scene.client.deploy(name, "echo hello", **members)

    return deploy


def an_execution(job: str = "hello", *, aborted: bool = False) -> Given:
    """Execute a job; without executors it waits. Its id is `{execution}`."""

    def execute(scene: Scene) -> None:
        created = scene.client.call("POST", f"/jobs/id/{scene.names[job]}/execute", {"parameters": {}})
        scene.names["execution"] = created["id"]
        if aborted:
            scene.client.call("POST", f"/job_executions/id/{created['id']}/abort")

    return execute


def an_identity(name: str = "token", **data: object) -> Given:
    """Create an identity of the type generic/api_key."""

    def create(scene: Scene) -> None:
        body = {"name": name, "connector": "generic", "type": "api_key", "data": data or {"key": "secret"}}
        scene.names[name] = scene.client.call("POST", "/identities", body)["id"]

    return create


def a_file(name: str, text: str) -> Given:
    """Write a file."""
    return lambda scene: scene.write(name, text)


def an_event(job: str = "hello") -> Given:
    """Put an event of a job into the database, as connectors do. Its id is `{event}`."""

    async def insert(scene: Scene) -> None:
        settings = load_settings(scene.services.configuration, {})
        database = await Database.connect(settings.pg, application_name="test")
        project, job_id = ProjectId(scene.names["project_id"]), JobId(scene.names[job])
        async with database.transaction() as tx:
            scene.names["event"] = await create_event(tx, project, job_id)
        await database.close()

    return lambda scene: asyncio.run(insert(scene))


def finished(scene: Scene, execution: str) -> str:
    """Wait until an execution is over, and return its status."""
    with closing(scene.client.follow(execution)) as events:
        for kind, content in events:
            if kind == "execution" and content["status"] in {"successful", "failed", "aborted"}:
                break
    return str(scene.client.call("GET", f"/job_executions/id/{execution}")["status"])
