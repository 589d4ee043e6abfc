"""Whether NATS answers, lets us in, and has JetStream."""

import asyncio
from collections.abc import Iterator

import nats
import nats.errors
import nats.js.errors

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

    try:
        async with asyncio.timeout(_DEADLINE):
            client = await nats.connect(
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
    except (OSError, TimeoutError, nats.errors.Error) as error:
        said = reason(errors[-1] if errors else error)
        return problem("NATS", f"{uri} cannot be used: {said}; are nats.uri and its user, password or token right?")
    try:
        version = client.connected_server_version
        await client.jetstream(timeout=_DEADLINE).account_info()
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as error:
        return problem("NATS", f"{uri} answers, but its JetStream does not: {reason(error)}; turn JetStream on there")
    finally:
        await client.close()
    if (version.major, version.minor) < OLDEST_SERVER:
        return problem("NATS", f"{uri} is version {version.major}.{version.minor}; Eventline needs 2.10 or newer")
    return ok("NATS", f"{uri} answers, with JetStream; it is version {version.major}.{version.minor}.{version.patch}")
