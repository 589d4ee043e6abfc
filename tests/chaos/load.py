"""A seeded load: deploys, manual runs, timers, aborts, restarts, from several clients at once."""

import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.programs import random_spec
from tests.chaos.rewinding import rewind_timers

_JOBS = 12
_TIMERS = 6


@dataclass
class Accepted:
    """What the platform promised: executions by id, and by job the moments at which it has to tick."""

    executions: dict[str, str] = field(default_factory=dict)
    timers: dict[str, Sequence[datetime]] = field(default_factory=dict)
    aborts: int = 0
    restarts: int = 0
    deploys: int = 0
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

    def __init__(self, *, api_port: int, database: str, journal: Path, seed: int) -> None:
        self._database = database
        self._journal = journal
        self._seed = seed
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._jobs: dict[str, str] = {}
        self._api = Api(api_port)
        self.accepted = Accepted()

    def prepare(self) -> None:
        """Deploy the first jobs and the timers, while everything is well."""
        chance = random.Random(self._seed)
        self._api.log_in()
        specs = [random_spec(chance, f"job-{n}", self._journal) for n in range(_JOBS)]
        for job in self._api.call("PUT", "/jobs", specs):
            self._jobs[job["spec"]["name"]] = job["id"]
        self._deploy_timers(chance)

    def run(self, seconds: float, *, clients: int = 4) -> None:
        """Send requests for that long."""
        threads = [threading.Thread(target=self._client, args=(self._seed * 100 + n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(seconds)
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _deploy_timers(self, chance: random.Random) -> None:
        """Half of the timers tick once during the history; the others were missed for some hours."""
        now = datetime.now(UTC).replace(microsecond=0)
        soon = [now + timedelta(seconds=4 + chance.randrange(14)) for _ in range(_TIMERS)]
        missed = [now + timedelta(minutes=20 + chance.randrange(30)) for _ in range(_TIMERS)]
        jobs = [self._deploy_timer(chance, f"timer-{n}", tick) for n, tick in enumerate([*soon, *missed])]
        self.accepted.timers |= {job: [tick] for job, tick in zip(jobs[:_TIMERS], soon, strict=True)}
        hours = {job: 1 + chance.randrange(5) for job in jobs[_TIMERS:]}
        self.accepted.timers |= rewind_timers(self._database, hours)

    def _deploy_timer(self, chance: random.Random, name: str, tick: datetime) -> str:
        trigger = {"event": "time/tick", "parameters": {"hourly": {"minute": tick.minute, "second": tick.second}}}
        spec = random_spec(chance, name, self._journal, trigger=trigger)
        return str(self._api.call("PUT", f"/jobs/name/{name}", spec)["id"])

    def _client(self, seed: int) -> None:
        chance = random.Random(seed)
        acts = [self._execute, self._abort, self._restart, self._restart_failed, self._deploy_one, self._deploy_some]
        while not self._stop.is_set():
            self._attempt(chance.choices(acts, [68, 8, 6, 12, 4, 2])[0], chance)
            time.sleep(chance.random() * 0.08)

    def _attempt(self, act: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            act(chance)
        except urllib.error.HTTPError as error:
            error.close()
            with self._lock:
                self.accepted.refused += 1
        except (OSError, http.client.HTTPException, ValueError):
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

    def _restart_failed(self, chance: random.Random) -> None:
        """Restart what failed last, as people do, such as what a lost executor had."""
        page = self._api.call("GET", "/job_executions?status=failed&size=10&order=desc")
        if page["elements"]:
            id = chance.choice(page["elements"])["id"]
            self._api.call("POST", f"/job_executions/id/{id}/restart")
            self.accepted.restarts += 1

    def _deploy_one(self, chance: random.Random) -> None:
        name = chance.choice(sorted(self._jobs))
        self._api.call("PUT", f"/jobs/name/{name}", random_spec(chance, name, self._journal))
        self.accepted.deploys += 1

    def _deploy_some(self, chance: random.Random) -> None:
        names = chance.sample(sorted(self._jobs), 3)
        self._api.call("PUT", "/jobs", [random_spec(chance, name, self._journal) for name in names])
        self.accepted.deploys += 1
