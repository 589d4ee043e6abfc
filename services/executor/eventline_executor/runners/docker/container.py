"""The container of one execution, from its creation to its removal (contract/execution.md section 16)."""

from collections.abc import Mapping, Sequence
from typing import Any

from docker.errors import APIError, NotFound
from docker.types import LogConfig, Mount

from eventline_common.clock import utc_now
from eventline_executor.runners.docker.archive import DIRECTORY, INIT, execution_archive
from eventline_executor.runners.docker.engine import CONFLICT, NOT_FOUND, Engine, is_status
from eventline_executor.runners.docker.hijacked import Hijacked
from eventline_executor.runners.docker.host import DockerHost
from eventline_executor.runners.docker.leftovers import labels_of
from eventline_executor.runners.docker.programs import programs_for
from eventline_executor.runners.protocol import ExecutionToRun

_NANO_CPUS = 1_000_000_000
_MEGABYTE = 1_000_000
_STOP_TIMEOUT = 1
# The events of a container cannot be older than itself, but the clock of the daemon may be behind.
_CLOCK_SKEW = 60
# What Docker gives programs when neither the image nor anybody else says otherwise.
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DIRECTORY_BIT = 1 << 31


class Container:
    """Its name and host name are `eventline-job-<execution id>`. As long as its standard input is held, it lives."""

    def __init__(self, host: DockerHost, engine: Engine, execution: ExecutionToRun, image: Mapping[str, Any]) -> None:
        self._host = host
        self._engine = engine
        self._execution = execution
        self._image = image
        self._id = self.name = f"eventline-job-{execution.id}"
        self._created = utc_now()
        self._stdin: Hijacked | None = None

    async def create(self) -> None:
        """Create it in place of what an earlier attempt may have left."""
        self._id = await self._host.call("cannot create container", self._create)

    async def copy_files(self) -> None:
        """Bring the files of the execution and our own programs into it."""
        archive = execution_archive(self._execution.files, programs_for(self._image.get("Architecture", "")))
        await self._host.call("cannot copy files", lambda: self._engine.put_archive(self._id, "/", archive))

    async def start(self) -> None:
        """Start it, and hold its standard input: when this process dies, it ends."""
        self._stdin = await self._host.call("cannot start container", lambda: self._engine.open_stdin(self._id))
        await self._host.call("cannot start container", lambda: self._engine.start(self._id))

    async def execute(self, program: str, command: Sequence[str]) -> tuple[str, Hijacked]:
        """Start a program in it; return the id of the exec and its output."""
        failure = f'cannot run "{program}"'
        return await self._host.call(failure, lambda: self._engine.start_exec(self._id, command))

    async def find_program(self, name: str) -> str | None:
        """Return the path of a program in the `PATH` of the container."""
        return await self._host.call(f'cannot run "{name}"', lambda: self._find(name))

    async def inspect(self) -> Mapping[str, Any] | None:
        """Return its state, None when it is not there any more."""
        return await self._host.call("cannot inspect container", self._inspect)

    async def ran_out_of_memory(self) -> bool:
        """Tell whether a program in it was killed for memory. Daemons know it late: this takes up to a second."""
        found = await self.inspect()
        if found is None or found["State"]["OOMKilled"]:
            return found is not None
        since, until = int(self._created.timestamp()) - _CLOCK_SKEW, int(utc_now().timestamp()) + 1
        return await self._host.call(
            "cannot inspect container", lambda: self._engine.ran_out_of_memory(self._id, since=since, until=until)
        )

    async def exit_status(self, exec_id: str) -> int | None:
        """Return how the program of an exec ended, None when it runs or is not known."""
        found = await self._host.call("cannot inspect step", lambda: self._engine.exec_inspect(exec_id))
        status: int | None = None if found["Running"] else found["ExitCode"]
        return status

    def ask_to_end(self) -> None:
        """Send TERM to every process in it."""
        if self._stdin is not None:
            self._stdin.send(b"\n")

    async def kill(self) -> None:
        """End every process in it, now."""
        await self._host.call("cannot kill container", lambda: self._tolerant(lambda: self._engine.kill(self._id)))

    async def remove(self) -> None:
        """Remove it with its anonymous volumes, whatever runs in it."""
        if self._stdin is not None:
            self._stdin.close()
        remove = lambda: self._engine.remove_container(self._id, force=True, v=True)  # noqa: E731 - one call
        await self._host.call("cannot remove container", lambda: self._tolerant(remove))

    def _create(self) -> str:
        try:
            return self._create_now()
        except APIError as error:
            if not is_status(error, CONFLICT):
                raise
        self._engine.remove_container(self.name, force=True, v=True)
        return self._create_now()

    def _create_now(self) -> str:
        environment = {**self._execution.environment, "EVENTLINE_DIR": DIRECTORY}
        created = self._engine.create_container(
            self._execution.runner_parameters["image"],
            name=self.name,
            hostname=self.name,
            entrypoint=[INIT],
            environment=[f"{name}={value}" for name, value in environment.items()],
            labels=labels_of(self._execution, self._host.owner),
            stdin_open=True,
            stop_timeout=_STOP_TIMEOUT,
            host_config=self._host_config(),
        )
        return str(created["Id"])

    def _host_config(self) -> Any:
        parameters = self._execution.runner_parameters
        mounts = [
            Mount(
                point.target,
                point.source,
                type="bind" if point.source.startswith("/") else "volume",
                read_only=point.read_only,
            )
            for point in self._host.settings.mount_points
        ]
        return self._engine.create_host_config(
            mounts=mounts,
            nano_cpus=round((parameters.get("cpu_limit") or 0) * _NANO_CPUS) or None,
            mem_limit=(parameters.get("memory_limit") or 0) * _MEGABYTE or None,
            log_config=LogConfig(type="none", config={}),
        )

    def _find(self, name: str) -> str | None:
        for directory in self._path().split(":"):
            if not directory.startswith("/"):
                continue
            path = f"{directory.rstrip('/')}/{name}"
            found = self._engine.kind_of_file(self._id, path)
            if found is not None and _may_be_program(found):
                return path
        return None

    def _path(self) -> str:
        given = self._execution.environment.get("PATH")
        variables = (self._image.get("Config") or {}).get("Env") or []
        of_image = next((value.removeprefix("PATH=") for value in variables if value.startswith("PATH=")), None)
        return given or of_image or _DEFAULT_PATH

    def _inspect(self) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._engine.inspect_container(self._id)
        except NotFound:
            return None
        return found

    def _tolerant(self, call: Any) -> None:
        """Make a call for which it is fine if the container ended or is gone already."""
        try:
            call()
        except APIError as error:
            if not is_status(error, NOT_FOUND) and not is_status(error, CONFLICT):
                raise


def _may_be_program(found: Mapping[str, Any]) -> bool:
    mode = int(found["mode"])
    return bool(found.get("linkTarget")) or (not mode & _DIRECTORY_BIT and bool(mode & 0o111))
