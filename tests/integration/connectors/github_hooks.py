"""Subscriptions to GitHub with a settable clock and a server that speaks its REST API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Row
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.ids import IdentityId, ProjectId, SubscriptionId, new_id
from eventline_common.runtime.loop import Wake
from eventline_common.settings import Settings
from eventline_common.testing.clock import SettableClock
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.github.api import GithubApi
from eventline_connectors.github.hooks import Hooks, HookSetup
from eventline_connectors.github.recovery import HookCare
from eventline_connectors.kinds import KINDS, remote_connectors
from eventline_connectors.remote_subscriptions import RemoteSubscriptionWork
from eventline_connectors.subscriptions import SubscriptionWork
from tests.integration.connectors.fake_github import FakeGithub

WEB = "https://eventline.example.com"
SECRET = "a secret of GitHub"
HOOKS = f"{WEB}/ext/connectors/github/hooks"


@dataclass
class Connectors:
    """What the connectors service does about GitHub, step by step."""

    github: FakeGithub
    database: Database
    clock: SettableClock
    settings: Settings
    project_id: ProjectId
    client: OutgoingClient
    intake: Intake
    counters: Counters
    create: Callable[..., Awaitable[SubscriptionId]]
    web_uri: str = WEB
    secret: str = SECRET

    def hooks(self) -> Hooks:
        """Return the keeper of hooks, as it is configured now."""
        api = GithubApi(self.client, self.github.uri, self.clock)
        cipher = IdentityCipher(self.settings.encryption_key)
        return Hooks(self.database, cipher, self.clock, api, HookSetup(self.web_uri, self.secret))

    async def identity(
        self, username: str = "bob", *rights: str, type: str = "token", status: str = "ready"
    ) -> IdentityId:
        """Create an identity of a user who has rights on targets."""
        id = IdentityId(new_id(self.clock.now()))
        token = {"token": {"username": username, "token": "secret"}, "oauth2": {"access_token": f"{username}-access"}}
        self.github.rights[f"{username}:secret" if type == "token" else f"{username}-access"] = set(rights)
        data = IdentityCipher(self.settings.encryption_key).encrypt(orjson.dumps(token[type]), context=id)
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO identities"
                " (id, project_id, name, status, creation_time, update_time, connector, type, data)"
                " VALUES ($1, $2, lower($1), $3, $4, $4, 'github', $5, $6)",
                id, self.project_id, status, self.clock.now(), type, data,
            )  # fmt: skip
        return id

    async def subscribe(
        self, name: str, organization: str, repository: str = "", *, identity: IdentityId | None = None
    ) -> SubscriptionId:
        """Create a job and its inactive subscription."""
        parameters = {"organization": organization, **({"repository": repository} if repository else {})}
        id = await self.create(name, parameters, connector="github", event="push")
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE subscriptions SET identity_id = $2 WHERE id = $1", id, identity)
        return id

    async def terminate(self, id: SubscriptionId) -> None:
        """Mark a subscription for ending, as deploying and deleting do."""
        async with self.database.transaction() as tx:
            await tx.execute(
                "UPDATE subscriptions SET status = 'terminating', update_delay = 0, next_update_time = NULL,"
                " error_message = NULL WHERE id = $1",
                id,
            )

    async def work(self, *, enabled: bool = True, detach_limit: int = 5000) -> None:
        """Deal with every subscription that is due."""
        remote = remote_connectors(self.hooks(), github_is_enabled=enabled)
        work = SubscriptionWork(
            self.database, self.clock, KINDS, Wake(), remote=sorted(remote), detach_limit=detach_limit
        )
        while await RemoteSubscriptionWork(self.database, self.clock, remote, work).run_once():
            pass

    async def care(self) -> None:
        """Look after every hook, as a service does that starts now."""
        self.clock.advance(1)
        started = self.clock.now()
        care = HookCare(self.hooks(), self.intake, self.counters, started=started, interval=timedelta(seconds=300))
        while await care.run_once():
            pass

    async def row(self, id: SubscriptionId) -> Row | None:
        """Return a subscription."""
        async with self.database.connection() as tx:
            return await tx.fetchrow("SELECT * FROM subscriptions WHERE id = $1", id)

    async def status(self, id: SubscriptionId) -> tuple[str, str | None]:
        """Return the status and the error of a subscription; `ended` when there is none any more."""
        row = await self.row(id)
        return ("ended", None) if row is None else (row["status"], row["error_message"])

    async def known_hooks(self) -> dict[str, int | None]:
        """Return the ids of the hooks that are known."""
        async with self.database.connection() as tx:
            rows = await tx.fetch("SELECT target, hook_id, claimed_until FROM github_hooks")
        assert all(row["claimed_until"] is None for row in rows)
        return {row["target"]: row["hook_id"] for row in rows}

    async def deliveries(self) -> list[Row]:
        """Return what has been delivered."""
        async with self.database.connection() as tx:
            return list(await tx.fetch("SELECT * FROM webhook_deliveries ORDER BY reception_time"))

    def at_github(self, target: str) -> list[dict[str, Any]]:
        """Return the hooks of a target."""
        return list(self.github.hooks.get(target, {}).values())
