"""Gathers points and sends them each second; what cannot be sent is kept, up to a limit, and sent later."""

import asyncio
import resource
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from urllib.parse import urlencode

from eventline_common.clock import Clock
from eventline_common.http.gateway import Answered
from eventline_common.http.outgoing import OutgoingClient, OutgoingError
from eventline_common.influx.lines import Point, line
from eventline_common.logging import get_logger
from eventline_common.settings import InfluxSettings, Settings

_PERIOD = 1.0
_DEADLINE = 10.0
# How many batches are kept while InfluxDB is away; then the oldest points go.
_BATCHES_KEPT = 10
_CLIENT_ERROR, _TOO_MANY = 400, 429

Task = Callable[[], Awaitable[None]]
# The largest, the current and the idle number of connections.
PoolSizes = Callable[[], tuple[int, int, int]]


class Influx:
    """One exporter per process; without the setting `influx` it takes everything and does nothing."""

    def __init__(self, settings: InfluxSettings | None, service: str, clock: Clock, *, method_less: bool) -> None:
        self._settings = settings
        self._service = service
        self._clock = clock
        self._method_less = method_less
        self._pool_sizes: PoolSizes | None = None
        self._client: OutgoingClient | None = None
        self._waiting: deque[Point] = deque(maxlen=_BATCHES_KEPT * settings.batch_size if settings else 0)
        self._log = get_logger("influx")

    @classmethod
    def of(
        cls, settings: Settings, service: str, stack: AsyncExitStack, clock: Clock, *, method_less: bool = False
    ) -> "Influx":
        """Return the exporter of a service; `method_less` is the setting `method_less_route_ids` of its server."""
        influx = cls(settings.influx, service, clock, method_less=method_less)
        if settings.influx is not None:
            influx._client = OutgoingClient(deadline=_DEADLINE)
            stack.push_async_callback(influx._client.close)
        return influx

    def watch(self, pool_sizes: PoolSizes) -> None:
        """Measure a pool of connections each second from now on."""
        self._pool_sizes = pool_sizes

    @property
    def tasks(self) -> Sequence[Task]:
        """What must run for it."""
        return [] if self._settings is None else [self._run]

    async def _run(self) -> None:
        """Measure and send for ever; not the generic loop, which knows the database, as the web service must not."""
        while True:
            if not await self.run_once():
                await asyncio.sleep(_PERIOD)

    def observe(self, answered: Answered) -> None:
        """Take a request that was answered."""
        if self._settings is None:
            return
        route = answered.route or "none"
        tags = {
            "server": self._service,
            "route": route if self._method_less else f"{route} {answered.method}",
            "status": f"{answered.status // 100}xx",
        }
        fields = {"req_time": round(answered.seconds * 1e6), "status_code": answered.status}
        self._add(Point("incoming_http_requests", fields, self._clock.now(), tags))

    async def run_once(self) -> bool:
        """Measure what is measured each second, and send what waits; True when there may be more to send."""
        assert self._settings is not None
        self._measure()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._settings.batch_size))]
        if not await self._send(batch):
            # Back to the front, in order; what no longer fits is the oldest.
            room = (self._waiting.maxlen or 0) - len(self._waiting)
            self._waiting.extendleft(reversed(batch[len(batch) - room :] if room < len(batch) else batch))
            return False
        return len(self._waiting) >= self._settings.batch_size

    def _add(self, point: Point) -> None:
        self._waiting.append(point)

    def _measure(self) -> None:
        now, tags = self._clock.now(), {"service": self._service}
        used = resource.getrusage(resource.RUSAGE_SELF)
        process = {"cpu_seconds": used.ru_utime + used.ru_stime, "max_resident_bytes": used.ru_maxrss * 1024}
        self._add(Point("process", process, now, tags))
        if self._pool_sizes is not None:
            most, opened, idle = self._pool_sizes()
            pool = {
                "max_nb_connections": most,
                "nb_connections": opened,
                "nb_idle_connections": idle,
                "nb_acquired_connections": opened - idle,
            }
            self._add(Point("pg_clients", pool, now, {**tags, "client": "main"}))

    async def _send(self, batch: Sequence[Point]) -> bool:
        """Send points; False when it shall be tried again."""
        assert self._settings is not None and self._client is not None
        common = {"host": socket.gethostname(), **self._settings.tags}
        body = "\n".join(line(point, common) for point in batch).encode()
        try:
            answer = await self._client.send("POST", self._uri(), headers=self._headers(), content=body)
        except OutgoingError as error:
            self._log.info("points_postponed", count=len(batch), error=str(error))
            return False
        if self._settings.log_requests:
            self._log.info("points_sent", count=len(batch), status=answer.status)
        if answer.is_success:
            return True
        refused = _CLIENT_ERROR <= answer.status < 500 and answer.status != _TOO_MANY
        text = answer.body[:200].decode(errors="replace")
        self._log.error("points_refused", count=len(batch), status=answer.status, dropped=refused, answer=text)
        # What InfluxDB finds wrong will not be right the next time.
        return refused

    def _uri(self) -> str:
        assert self._settings is not None
        query = {"bucket": self._settings.bucket, **({"org": self._settings.org} if self._settings.org else {})}
        return f"{self._settings.uri.rstrip('/')}/api/v2/write?{urlencode(query)}"

    def _headers(self) -> dict[str, str]:
        assert self._settings is not None
        token = self._settings.token
        return {
            "Content-Type": "text/plain; charset=utf-8",
            **({"Authorization": f"Token {token}"} if token else {}),
        }
