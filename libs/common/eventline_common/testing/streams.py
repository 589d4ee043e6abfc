"""Cleans up on a NATS server that many tests share."""

from contextlib import suppress

import nats
import nats.js.errors

from eventline_common.bus import STREAMS
from eventline_common.settings import NatsSettings


async def delete_streams(settings: NatsSettings) -> None:
    """Give back what the streams below a subject prefix have reserved on the server."""
    client = await nats.connect(settings.uri, allow_reconnect=False)
    try:
        for kind in STREAMS.values():
            with suppress(nats.js.errors.NotFoundError):
                await client.jetstream().delete_stream(kind.stream_name(settings.subject_prefix))
    finally:
        await client.close()
