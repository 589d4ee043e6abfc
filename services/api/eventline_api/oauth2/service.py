"""Starts and completes authorizations. Providers are asked between transactions, never within one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from eventline_api.audit_log.service import record
from eventline_api.identities.identity import Identity, IdentityStatus, IdentitySummary
from eventline_api.identities.store import IdentityStore, delete_oauth2_states
from eventline_api.oauth2 import store
from eventline_api.oauth2.flow import (
    STATE_LIFETIME,
    IdentityChanged,
    InvalidOAuth2State,
    NotAnOAuth2Identity,
    PendingState,
    ProviderAnswer,
    Started,
)
from eventline_common.catalog.identities import find_identity_type, initial_data
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.tokens import hash_token, new_token
from eventline_common.db.session import Database
from eventline_common.http.caller import Caller, CallerInProject
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.ids import IdentityId
from eventline_common.oauth2.authorization import authorization_uri, redirect_uri, scope_parameters
from eventline_common.oauth2.errors import OAuth2Error, one_line, provider_error
from eventline_common.oauth2.providers import Provider, Providers
from eventline_common.oauth2.tokens import Tokens, exchange_code, next_refresh, with_tokens


@dataclass(frozen=True, slots=True)
class Authorizations:
    """Everything that authorizations need; `web_uri` is the address of the web interface."""

    database: Database
    cipher: IdentityCipher
    client: OutgoingClient
    providers: Providers
    web_uri: str

    async def start(self, caller: CallerInProject, id: IdentityId, *, now: datetime) -> Started:
        """Make an identity pending, without its tokens, and return where a person goes on.

        Raises UnknownIdentity, NotAnOAuth2Identity, IdentityChanged; OAuth2Error, which becomes the error of the
        identity, when the provider cannot be found out.
        """
        async with self.database.connection() as tx:
            identity = await IdentityStore(tx, self.cipher).get_identity(caller.project_id, id)
        summary = identity.summary
        if not find_identity_type(summary.connector, summary.type).deferred:
            raise NotAnOAuth2Identity(
                f'identity "{summary.name}" is of type {summary.connector}/{summary.type}, which needs no authorization'
            )
        try:
            provider = await self.providers.find(summary.connector, identity.data)
        except OAuth2Error as error:
            await self._save_error(caller, identity, str(error), now=now)
            raise
        return await self._save_started(caller, identity, provider, now=now)

    async def complete(self, caller: Caller, answer: ProviderAnswer, *, now: datetime) -> IdentitySummary:
        """Make an identity ready with the tokens that the provider gives, or give it the status `error`.

        Raises InvalidOAuth2State, UnknownIdentity, IdentityChanged, which leave the identity as it is.
        """
        async with self.database.transaction() as tx:
            state = await store.take_state(tx, hash_token(answer.state), caller.account.id)
            if state is None or state.expiration_time <= now:
                raise InvalidOAuth2State(
                    "this authorization is unknown, was completed already, has expired, or belongs to another account;"
                    " start it again"
                )
            identity = await store.get_identity(tx, self.cipher, state.identity_id)
            if (answer.connector, answer.type) != (identity.summary.connector, identity.summary.type):
                raise InvalidOAuth2State("this authorization belongs to another type of identity; start it again")
        try:
            tokens = await self._exchange(identity, state, answer)
        except OAuth2Error as error:
            return await self._save_error(caller, identity, str(error), now=now)
        return await self._save_ready(caller, identity, tokens, now=now)

    async def _exchange(self, identity: Identity, state: PendingState, answer: ProviderAnswer) -> Tokens:
        if answer.error:
            raise provider_error(answer.error, answer.error_description)
        connector = identity.summary.connector
        provider = await self.providers.find(connector, identity.data)
        if answer.issuer and provider.issuer and answer.issuer.rstrip("/") != provider.issuer.rstrip("/"):
            raise OAuth2Error(
                f'the answer came from the issuer "{one_line(answer.issuer)}", not from "{one_line(provider.issuer)}"'
            )
        return await exchange_code(
            self.client,
            provider,
            kind=(connector, identity.summary.type),
            code=answer.code,
            redirect_uri=state.redirect_uri,
            code_verifier=state.code_verifier,
        )

    async def _save_started(
        self, caller: CallerInProject, identity: Identity, provider: Provider, *, now: datetime
    ) -> Started:
        summary, token = identity.summary, new_token()
        state = PendingState(
            identity_id=summary.id,
            code_verifier=new_token() if provider.pkce else None,
            redirect_uri=redirect_uri(self.web_uri, summary.connector, summary.type),
            expiration_time=now + STATE_LIFETIME,
        )
        kind = find_identity_type(summary.connector, summary.type)
        async with self.database.transaction() as tx:
            pending = await store.save(
                tx, self.cipher, summary, status=IdentityStatus.PENDING, data=initial_data(kind, identity.data)
            )
            if pending is None:
                raise IdentityChanged(summary.name)
            await store.insert_state(tx, hash_token(token), state, account_id=caller.account.id, now=now)
            await record(tx, caller, "authorize", "identity", id=summary.id, name=summary.name, now=now)
        scopes = cast("Sequence[str]", identity.data.get("scopes") or ())
        uri = authorization_uri(
            provider,
            redirect_uri=state.redirect_uri,
            state=token,
            scopes=scope_parameters(summary.connector, summary.type, scopes),
            code_verifier=state.code_verifier,
        )
        return Started(uri, state.expiration_time)

    async def _save_ready(
        self, caller: Caller, identity: Identity, tokens: Tokens, *, now: datetime
    ) -> IdentitySummary:
        data = with_tokens(identity.data, tokens, now=now)
        seen = identity.summary
        async with self.database.transaction() as tx:
            ready = await store.save(
                tx,
                self.cipher,
                seen,
                status=IdentityStatus.READY,
                data=data,
                refresh_time=next_refresh(data, now=now),
                update_time=now,
            )
            if ready is None:
                raise IdentityChanged(seen.name)
            await delete_oauth2_states(tx, seen.id)
            await record(
                tx, caller, "complete", "authorization", id=seen.id, name=seen.name, project_id=seen.project_id, now=now
            )
        return ready

    async def _save_error(self, caller: Caller, identity: Identity, error: str, *, now: datetime) -> IdentitySummary:
        """Set the status `error`; an identity that was changed meanwhile keeps its own."""
        seen = identity.summary
        data = initial_data(find_identity_type(seen.connector, seen.type), identity.data)
        async with self.database.transaction() as tx:
            failed = await store.save(
                tx, self.cipher, seen, status=IdentityStatus.ERROR, data=data, error=error, update_time=now
            )
            if failed is None:
                raise IdentityChanged(seen.name)
            await delete_oauth2_states(tx, seen.id)
            details = {"error": error}
            await record(
                tx, caller, "fail", "authorization", id=seen.id, name=seen.name, project_id=seen.project_id, now=now,
                details=details,
            )  # fmt: skip
        return failed
