"""Keeps the hooks at GitHub: creates them, finds those that are there, updates and removes them (section 8)."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from eventline_common.clock import Clock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database
from eventline_common.ids import IdentityId
from eventline_common.logging import get_logger
from eventline_connectors.failures import Failed, Postponed
from eventline_connectors.github import hook_store as store
from eventline_connectors.github.api import Authorization, GithubApi, GithubError
from eventline_connectors.github.hook_store import Hook
from eventline_connectors.github.targets import Target

# How long a claim holds when its process dies in the middle.
CLAIM = timedelta(minutes=2)

_EXISTS_ALREADY = 422
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class HookSetup:
    """What hooks are set up with: the address of web as seen from outside, and the secret that signs deliveries."""

    web_uri: str
    secret: str = field(repr=False)

    def uri(self, target: Target) -> str:
        """Return the address that the hook of a target delivers to."""
        return f"{self.web_uri}/ext/connectors/github/hooks/{target}"

    def hook(self, target: Target) -> Mapping[str, object]:
        """Return the hook as GitHub takes it: all events, as JSON, signed."""
        config = {"url": self.uri(target), "content_type": "json", "secret": self.secret, "insecure_ssl": "0"}
        return {"config": config, "events": ["*"], "active": True}

    def hash(self, target: Target) -> str:
        """Return what changes when hooks must be set up anew, and tells nothing about the secret."""
        return hashlib.sha256(f"{self.uri(target).lower()}\0{self.secret}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of this platform at GitHub."""

    database: Database
    cipher: IdentityCipher
    clock: Clock
    api: GithubApi
    setup: HookSetup

    @asynccontextmanager
    async def claimed(self, target: Target, *, create: bool) -> AsyncIterator[Hook | None]:
        """Hold the hook of a target against everybody else; None if it is unknown. Raise Postponed if it is held."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            hook = await store.claim_hook(tx, target, now=now, until=now + CLAIM, create=create)
            held = hook is None and await store.is_known(tx, target)
        if held:
            raise Postponed
        try:
            yield hook
        finally:
            async with self.database.connection() as tx:
                await store.release_hook(tx, target)

    async def authorization(self, ids: Sequence[IdentityId | None]) -> tuple[IdentityId, Authorization] | None:
        """Return the first identity that can ask GitHub, and how it does."""
        async with self.database.connection() as tx:
            found = await store.list_identities(tx, [id for id in ids if id is not None])
        for identity in found:
            data = orjson.loads(self.cipher.decrypt(identity.data, context=identity.id))
            if identity.type == "github/token":
                return identity.id, Authorization.of_token(str(data["username"]), str(data["token"]))
            if identity.type == "github/oauth2" and data.get("access_token"):
                return identity.id, Authorization.of_access_token(str(data["access_token"]))
        return None

    async def ensure(self, hook: Hook, ids: Sequence[IdentityId | None]) -> None:
        """Make sure that a claimed hook is there and set up as it should be; raise Failed."""
        authorized = await self.authorization(ids)
        if authorized is None:
            raise Failed(
                f"a hook of {hook.target} needs an identity of the trigger that is ready: github/token or github/oauth2"
            )
        identity_id, authorization = authorized
        try:
            hook_id = await self._set_up(hook, authorization)
        except GithubError as error:
            raise Failed(str(error), not_before=error.not_before) from error
        async with self.database.connection() as tx:
            await store.save_hook(
                tx,
                hook.target,
                hook_id,
                configuration_hash=self.setup.hash(hook.target),
                identity_id=identity_id,
            )
        get_logger("github").info("hook_set_up", target=str(hook.target), hook_id=hook_id)

    async def remove(self, hook: Hook, ids: Sequence[IdentityId | None], *, is_last_try: bool) -> None:
        """Delete a claimed hook and forget it; what cannot be deleted is left behind in the end. Raise Failed."""
        authorized = await self.authorization(ids)
        if hook.hook_id is not None and authorized is not None:
            try:
                await self.api.delete_hook(hook.target, hook.hook_id, authorized[1])
            except GithubError as error:
                if not error.is_final and not is_last_try:
                    raise Failed(str(error), not_before=error.not_before) from error
                get_logger("github").info("hook_left_behind", target=str(hook.target), error=str(error))
        async with self.database.connection() as tx:
            await store.delete_hook(tx, hook.target)

    async def _set_up(self, hook: Hook, authorization: Authorization) -> int:
        target, wanted = hook.target, self.setup.hook(hook.target)
        if hook.hook_id is not None and await self._update(target, hook.hook_id, wanted, authorization):
            return hook.hook_id
        try:
            return await self.api.create_hook(target, wanted, authorization)
        except GithubError as error:
            if error.status != _EXISTS_ALREADY:
                raise
            existing = await self._find(target, authorization)
            if existing is None:
                raise
        await self.api.update_hook(target, existing, wanted, authorization)
        return existing

    async def _update(
        self, target: Target, id: int, wanted: Mapping[str, object], authorization: Authorization
    ) -> bool:
        """Update a hook; False if it is not there any more."""
        try:
            await self.api.update_hook(target, id, wanted, authorization)
        except GithubError as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True

    async def _find(self, target: Target, authorization: Authorization) -> int | None:
        """Return the hook that delivers to our address, of this server or of an original one."""
        wanted = self.setup.uri(target).lower()
        async for hook in self.api.list_hooks(target, authorization):
            config, id = hook.get("config"), hook.get("id")
            if isinstance(config, dict) and isinstance(id, int) and str(config.get("url", "")).lower() == wanted:
                return id
        return None
