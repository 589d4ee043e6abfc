"""Unix sockets, TCP and TLS to the daemon (handbook 4.2, G-75)."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from eventline_common.settings.runners import DockerRunnerSettings
from eventline_executor.runners.protocol import Exited, RunnerError, RunnerIdentity, StepToRun
from tests.contract.runners.conftest import Sink, execution, wait_until
from tests.contract.runners.docker_subject import URI, daemon, docker_runners
from tests.integration.executor.certificates import Certificates, make_certificates


@asynccontextmanager
async def proxy(tls: ssl.SSLContext | None = None, *, seen: bytearray | None = None) -> AsyncIterator[int]:
    """A port on loopback behind which the daemon of the tests is, with or without TLS; `seen` is what it is sent."""
    daemon()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: bytearray | None = None) -> None:
        try:
            while data := await reader.read(65536):
                if record is not None:
                    record += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_daemon, to_daemon = await asyncio.open_unix_connection(URI.removeprefix("unix://"))
        await asyncio.gather(pump(reader, to_daemon, seen), pump(from_daemon, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def server_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.authority))
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def output_of(settings: DockerRunnerSettings) -> bytes:
    sink = Sink()
    async with docker_runners(settings=settings) as factory:
        runner = factory.create(execution("head -c 1000000 /dev/zero; sleep 0.2; echo end"))
        try:
            await runner.prepare()
            assert await asyncio.wait_for(runner.run_step(StepToRun(1), sink), 20) == Exited(0)
        finally:
            await runner.cleanup()
    return bytes(sink.data)


async def test_plain_tcp_works() -> None:
    async with proxy() as port:
        output = await output_of(DockerRunnerSettings(uri=f"tcp://127.0.0.1:{port}"))

    assert output == bytes(1_000_000) + b"end\n"


async def test_tls_with_a_client_certificate_works(certificates: Certificates) -> None:
    async with proxy(server_context(certificates)) as port:
        output = await output_of(
            DockerRunnerSettings(
                uri=f"tcp://127.0.0.1:{port}",
                ca_certificate_path=str(certificates.authority),
                certificate_path=str(certificates.client),
                private_key_path=str(certificates.client_key),
            )
        )

    assert output == bytes(1_000_000) + b"end\n"


async def test_a_daemon_with_an_unknown_certificate_is_not_trusted(certificates: Certificates, tmp_path: Path) -> None:
    other = make_certificates(tmp_path)
    async with proxy(server_context(certificates)) as port:
        settings = DockerRunnerSettings(
            uri=f"tcp://127.0.0.1:{port}",
            ca_certificate_path=str(other.authority),
            certificate_path=str(certificates.client),
            private_key_path=str(certificates.client_key),
        )
        with pytest.raises(RunnerError, match=r"cannot create client: .*certificate verify failed"):
            await output_of(settings)


async def test_a_certificate_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = DockerRunnerSettings(uri="tcp://127.0.0.1:1", ca_certificate_path=str(tmp_path / "no.pem"))

    with pytest.raises(RunnerError, match="cannot create client: "):
        await output_of(settings)


async def test_a_stop_reaches_programs_through_tls(certificates: Certificates) -> None:
    async with proxy(server_context(certificates)) as port:
        settings = DockerRunnerSettings(
            uri=f"tcp://127.0.0.1:{port}",
            ca_certificate_path=str(certificates.authority),
            certificate_path=str(certificates.client),
            private_key_path=str(certificates.client_key),
        )
        async with docker_runners(settings=settings) as factory:
            runner, sink = (
                factory.create(execution("trap 'echo bye; exit 7' TERM; echo ready; sleep 60 & wait")),
                Sink(),
            )
            await runner.prepare()
            step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
            await sink.wait_for(b"ready\n")
            await runner.stop()
            await asyncio.wait_for(step, 5)
            await runner.cleanup()

    assert sink.data == b"ready\nbye\n"


@pytest.mark.parametrize(
    ("type", "field", "image", "shown"),
    [
        ("dockerhub/password", "password", "docker.io/no/such:1", True),
        ("dockerhub/token", "token", "no-such-image:1", True),
        ("github/token", "token", "ghcr.io/no/such:1", True),
        ("github/oauth2", "access_token", "ghcr.io/no/such:1", True),
        ("dockerhub/token", "token", "ghcr.io/no/such:1", False),
        ("github/token", "token", "no-such-image:1", False),
        ("github/token", "token", "127.0.0.1:1/ghcr.io/such:1", False),
    ],
)
async def test_the_daemon_gets_credentials_for_the_registry_that_they_belong_to_and_no_other(
    type: str, field: str, image: str, shown: bool
) -> None:
    connector, _, kind = type.partition("/")
    identity = RunnerIdentity("mine", connector, kind, {"username": "bob", field: "s3cret"})
    parameters = {"image": image, "pull_policy": "always"}
    seen = bytearray()
    async with (
        proxy(seen=seen) as port,
        docker_runners(parameters, DockerRunnerSettings(uri=f"tcp://127.0.0.1:{port}")) as factory,
    ):
        runner = factory.create(replace(execution("true"), runner_identity=identity))
        preparing = asyncio.create_task(runner.prepare())
        await wait_until(lambda: b"X-Registry-Auth: " in seen and b"\r\n" in seen.partition(b"X-Registry-Auth: ")[2])
        await runner.stop()
        await asyncio.wait((preparing,))
        assert isinstance(preparing.exception(), RunnerError)
        await runner.cleanup()

    header = bytes(seen).partition(b"X-Registry-Auth: ")[2].partition(b"\r\n")[0]
    given = json.loads(base64.urlsafe_b64decode(header))
    assert given == ({"username": "bob", "password": "s3cret"} if shown else {})
