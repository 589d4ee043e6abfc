"""Turns hints into rings of doorbells: the loops behind them look at all waiting rows anyway."""

from eventline_common.bus import HintConsumer
from eventline_common.runtime.loop import Wake

_LIMIT = 256
_WAIT = 10.0


async def ring_on_hints(consumer: HintConsumer, *wakes: Wake) -> None:
    """Ring for every bunch of hints, for ever; what they say is in the rows."""
    while True:
        hints = await consumer.fetch(_LIMIT, wait=_WAIT)
        if hints:
            for wake in wakes:
                wake.ring()
        for hint in hints:
            await hint.acknowledge()
