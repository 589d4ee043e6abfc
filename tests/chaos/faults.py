"""The faults, each a function of the platform; a seed decides which come when."""

import asyncio
import json
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import asyncpg

from eventline_common.testing.platform import SERVICES, Platform

Fault = Callable[[Platform, random.Random], None]


def kill_a_service(platform: Platform, chance: random.Random) -> None:
    """SIGKILL; the supervisor starts it again."""
    platform.signal(chance.choice(SERVICES), signal.SIGKILL)


def freeze_a_service(platform: Platform, chance: random.Random) -> None:
    """SIGSTOP for a while, sometimes longer than an executor may be silent, then SIGCONT."""
    part = chance.choice(SERVICES)
    pid = platform.pid(part)
    if pid is None or not platform.signal(part, signal.SIGSTOP):
        return
    time.sleep(chance.choice([0.3, 1.5, 3.0, 12.0 if part == "executor" else 2.0]))
    if platform.pid(part) == pid:
        platform.signal(part, signal.SIGCONT)


def delete_all_streams(platform: Platform, chance: random.Random) -> None:
    """Every stream of JetStream disappears, consumers and waiting hints with them."""
    for name in _streams(platform):
        _nats_request(platform, f"$JS.API.STREAM.DELETE.{name}")


def restart_nats(platform: Platform, chance: random.Random) -> None:
    """NATS dies and comes back with an empty store (streams live in its memory)."""
    platform.signal("nats", signal.SIGKILL)


def restart_postgresql(platform: Platform, chance: random.Random) -> None:
    """An orderly, fast shutdown; the supervisor starts it again."""
    platform.signal("postgresql", signal.SIGINT)


def kill_postgresql(platform: Platform, chance: random.Random) -> None:
    """SIGKILL of the server; it recovers from its log when it is started again."""
    platform.signal("postgresql", signal.SIGKILL)


def cut_connections(platform: Platform, chance: random.Random) -> None:
    """Every database connection is cut at once."""

    async def cut() -> None:
        connection = await asyncpg.connect(platform.setting("postgres"), timeout=5)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()

    try:
        asyncio.run(cut())
    except (OSError, asyncpg.PostgresError):
        pass  # it is away already


FAULTS: Mapping[str, Fault] = {
    "kill": kill_a_service,
    "freeze": freeze_a_service,
    "streams": delete_all_streams,
    "nats": restart_nats,
    "postgresql": restart_postgresql,
    "postgresql-kill": kill_postgresql,
    "connections": cut_connections,
}


class Faults(threading.Thread):
    """Lets faults happen, one after the other with pauses, until it is stopped."""

    def __init__(self, platform: Platform, seed: int, *, pause: tuple[float, float] = (1.0, 3.0)) -> None:
        super().__init__(name="faults")
        self._platform = platform
        self._chance = random.Random(seed)
        self._pause = pause
        self._stop_now = threading.Event()
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        while not self._stop_now.wait(self._chance.uniform(*self._pause)):
            name = self._chance.choice(sorted(FAULTS))
            try:
                FAULTS[name](self._platform, self._chance)
                self.done[name] += 1
            except (OSError, ValueError):
                continue  # the part is away already

    def stop(self) -> None:
        """Let the present fault end, then no more."""
        self._stop_now.set()
        self.join()


def _streams(platform: Platform) -> list[str]:
    return list(json.loads(_nats_request(platform, "$JS.API.STREAM.NAMES") or "{}").get("streams") or [])


def _nats_request(platform: Platform, subject: str) -> str:
    """Ask NATS with its plain text protocol: no client library that could mend what we break."""
    address = urlsplit(platform.setting("nats"))
    options: dict[str, object] = {"verbose": False, "pedantic": False, "lang": "test", "version": "1"}
    if address.username:
        options |= {"user": address.username, "pass": address.password or ""}
    with socket.create_connection((address.hostname or "127.0.0.1", address.port or 4222), timeout=2) as connection:
        file = connection.makefile("rwb")
        file.readline()
        file.write(f"CONNECT {json.dumps(options)}\r\nSUB answer 1\r\nPUB {subject} answer 0\r\n\r\n".encode())
        file.flush()
        while line := file.readline():
            if line.startswith((b"MSG", b"HMSG")):
                return file.read(int(line.split()[-1])).decode()
            if line.startswith(b"PING"):
                file.write(b"PONG\r\n")
                file.flush()
    return ""
