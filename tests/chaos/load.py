"""A seeded load: deploys, manual runs, timers, aborts, restarts, from several clients at once."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from eventline_common.testing.platform import Platform
from tests.chaos.journal import PROGRAM

_WORKS = {
    "nothing": ":",
    "short": "sleep 0.0{n}",
    "long": "sleep 0.{n}",
    "output": "head -c {n}0000 /dev/zero | tr '\\\\0' x; echo",
}


@dataclass
class Accepted:
    """What the platform promised."""

    executions: dict[str, str] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    aborts: int = 0
    restarts: int = 0
    refused: int = 0


class Api:
    """Calls the API and bears that it is away."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._headers: dict[str, str] = {}

    def log_in(self) -> None:
        """Log in with the default account and select the default project."""
        key = self.call("POST", "/login", {"username": "admin", "password": "admin"})["key"]
        self._headers = {"Authorization": f"Bearer {key}"}
        self._headers["X-Eventline-Project-Id"] = self.call("GET", "/projects/name/main")["id"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer; raises OSError (HTTPError included) when there is none, or a bad one."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", method=method, data=data, headers=self._headers
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None


class Load:
    """Runs until it is stopped; what was accepted is in `accepted`."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self._platform = platform
        self._seed = seed
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._jobs: dict[str, str] = {}
        self._api = Api(platform.api_port)
        self.accepted = Accepted()

    def run(self, seconds: float, *, clients: int = 4) -> None:
        """Send requests for that long."""
        self._api.log_in()
        self._deploy_jobs(random.Random(self._seed))
        threads = [threading.Thread(target=self._client, args=(self._seed * 100 + n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self._stop.set()
        for thread in threads:
            thread.join()

    def _deploy_jobs(self, chance: random.Random) -> None:
        for n in range(12):
            self._deploy(chance, f"job-{n}")
        now = datetime.now(UTC).replace(microsecond=0)
        for n in range(6):
            tick = now + timedelta(seconds=4 + chance.randrange(14))
            trigger = {"event": "time/tick", "parameters": {"hourly": {"minute": tick.minute, "second": tick.second}}}
            job = self._deploy(chance, f"timer-{n}", trigger=trigger)
            self.accepted.timers[job] = tick

    def _deploy(self, chance: random.Random, name: str, **members: object) -> str:
        kind = chance.choice(sorted(_WORKS))
        work = _WORKS[kind].format(n=chance.randrange(1, 10))
        status = chance.choice([0, 0, 0, 0, 3])
        code = PROGRAM.format(journal=self._platform.journal, work=work, status=status)
        spec = {"name": name, "concurrent": chance.random() < 0.5, "steps": [{"code": code}], **members}
        job = str(self._api.call("PUT", f"/jobs/name/{name}", spec)["id"])
        if not members:
            self._jobs[name] = job
        return job

    def _client(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._stop.is_set():
            act = chance.choices([self._execute, self._abort, self._restart, self._redeploy], [80, 8, 8, 4])[0]
            self._attempt(act, chance)
            time.sleep(chance.random() * 0.04)

    def _attempt(self, act: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            act(chance)
        except urllib.error.HTTPError as error:
            error.close()
            with self._lock:
                self.accepted.refused += 1
        except (OSError, ValueError):
            # The platform is away; what it did not answer was not promised.
            time.sleep(0.1)

    def _execute(self, chance: random.Random) -> None:
        job = chance.choice(sorted(self._jobs.values()))
        execution = self._api.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
        with self._lock:
            self.accepted.executions[execution["id"]] = job

    def _some_execution(self, chance: random.Random) -> str | None:
        with self._lock:
            known = sorted(self.accepted.executions)
        return chance.choice(known[-40:]) if known else None

    def _abort(self, chance: random.Random) -> None:
        if id := self._some_execution(chance):
            self._api.call("POST", f"/job_executions/id/{id}/abort")
            self.accepted.aborts += 1

    def _restart(self, chance: random.Random) -> None:
        if id := self._some_execution(chance):
            self._api.call("POST", f"/job_executions/id/{id}/restart")
            self.accepted.restarts += 1

    def _redeploy(self, chance: random.Random) -> None:
        self._deploy(chance, chance.choice(sorted(self._jobs)))
