"""Whether NATS answers, lets us in, and has JetStream."""

import asyncio
from collections.abc import Iterator

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from eventline_common.settings import NatsSettings, Settings
from eventline_standalone.administration.connection import reason
from eventline_standalone.administration.findings import Finding, ok, problem
from eventline_standalone.summary import without_password

OLDEST_SERVER = (2, 10)
_DEADLINE = 15.0


def check_nats(settings: Settings) -> Iterator[Finding]:
    """Yield what is found."""
    yield asyncio.run(_check(settings.nats))


async def _check(settings: NatsSettings) -> Finding:
    uri, errors = without_password(settings.uri), list[Exception]()

    async def remember(error: Exception) -> None:
        errors.append(error)

    client = Client()
    try:
        async with asyncio.timeout(_DEADLINE):
            await client.connect(
                settings.uri,
                name="eventline check",
                user=settings.user or None,
                password=settings.password or None,
                token=settings.token or None,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=remember,
            )
        return await _check_server(client, uri)
    except (OSError, TimeoutError, nats.errors.Error) as error:
        said = reason(errors[-1] if errors else error)
        return problem("NATS", f"{uri} cannot be used: {said}; are nats.uri and its user, password or token right?")
    finally:
        await client.close()


async def _check_server(client: Client, uri: str) -> Finding:
    version = client.connected_server_version
    try:
        await client.jetstream(timeout=_DEADLINE).account_info()
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as error:
        return problem("NATS", f"{uri} answers, but its JetStream does not: {reason(error)}; turn JetStream on there")
    if (version.major, version.minor) < OLDEST_SERVER:
        return problem("NATS", f"{uri} is version {version.major}.{version.minor}; Eventline needs 2.10 or newer")
    return ok("NATS", f"{uri} answers, with JetStream; it is version {version.major}.{version.minor}.{version.patch}")
