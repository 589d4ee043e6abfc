"""What the scheduler asks NATS."""

import nats.errors
import nats.js.errors

from eventline_common.bus import EXECUTIONS, Bus, StreamKind


async def count_pending_hints(bus: Bus, subject: str) -> int | None:
    """Return how many hints of a subject wait or are being worked on; None when that cannot be told now.

    Asks the stream and not a consumer: hints that nobody pulls yet are pending all the same.
    """
    stream = EXECUTIONS.stream_name(bus.subjects.prefix)
    try:
        found = await bus.jetstream.stream_info(stream, subjects_filter=subject)
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError):
        return None
    return int((found.state.subjects or {}).get(subject, 0))


async def count_stream_messages(bus: Bus, kind: StreamKind) -> int | None:
    """Return how many hints a stream holds; None when that cannot be told now."""
    try:
        found = await bus.jetstream.stream_info(kind.stream_name(bus.subjects.prefix))
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError):
        return None
    return int(found.state.messages)
