"""Slack: by an incoming webhook of the project, or by an identity of the type `slack/oauth2_bot`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, decrypt_project_secret
from eventline_common.db.session import Database
from eventline_common.http.outgoing import Answer, OutgoingClient, OutgoingError, shown
from eventline_notifier import store
from eventline_notifier.channels.channel import Refused, Undeliverable
from eventline_notifier.channels.webhook import explained
from eventline_notifier.domain import Message, Target
from eventline_notifier.texts import Text, text_of

API_URI = "https://slack.com/api"
_JSON = "application/json; charset=utf-8"
_TEXT_LIMIT = 3000
_ITEMS = 20


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """Posts one Slack message per message."""

    client: OutgoingClient
    cipher: IdentityCipher
    database: Database
    web_uri: str
    api_uri: str = API_URI

    async def send(self, message: Message, *, now: datetime) -> str | None:  # noqa: ARG002 - the shape of a channel
        """Send by whatever the project is set up with."""
        text = slack_text(text_of(message, web_uri=self.web_uri))
        try:
            if message.target.slack_webhook_uri is not None:
                await self._post_to_webhook(self._webhook_uri(message.target), text)
            elif message.target.slack_identity is not None:
                await self._post_as_identity(message.target, message.target.slack_identity, text)
            else:
                raise Undeliverable("the project has no Slack channel")
        except UndecryptableIdentity as error:
            raise Refused(f"what the project is set up with cannot be used: {error}") from error
        return None

    async def rest(self) -> None:
        """There is no conversation to end."""

    def _webhook_uri(self, target: Target) -> str:
        assert target.slack_webhook_uri is not None
        return decrypt_project_secret(
            self.cipher, target.slack_webhook_uri, project_id=target.id, member=SLACK_WEBHOOK_URI
        )

    async def _post_to_webhook(self, uri: str, text: str) -> None:
        try:
            answer = await self.client.send(
                "POST", uri, headers={"Content-Type": _JSON}, content=orjson.dumps({"text": text})
            )
        except OutgoingError as error:
            # The address itself is the secret.
            hidden = str(error).replace(uri, "it").replace(shown(uri), "it")
            raise Refused(f"the incoming webhook: {hidden}") from None
        if not answer.is_success:
            raise Refused(f"the incoming webhook answered {explained(answer.status)} {_said(answer)}".rstrip())

    async def _post_as_identity(self, target: Target, name: str, text: str) -> None:
        data = await self._identity_data(target, name)
        if target.slack_channel is None:
            uri = data.get("incoming_webhook_uri")
            if not isinstance(uri, str) or not uri:
                raise Refused(
                    f'the identity "{name}" has no incoming webhook: give it the scope incoming-webhook, '
                    "or set slack_channel"
                )
            await self._post_to_webhook(uri, text)
            return
        try:
            answer = await self.client.send(
                "POST",
                f"{self.api_uri}/chat.postMessage",
                headers={"Content-Type": _JSON, "Authorization": f"Bearer {data.get('access_token', '')}"},
                content=orjson.dumps({"channel": target.slack_channel, "text": text}),
            )
        except OutgoingError as error:
            raise Refused(str(error)) from error
        document = _document(answer)
        if not answer.is_success or document.get("ok") is not True:
            raise Refused(f"chat.postMessage answered {answer.status} {str(document.get('error', ''))[:100]}")

    async def _identity_data(self, target: Target, name: str) -> Mapping[str, object]:
        async with self.database.connection() as tx:
            identity = await store.find_identity(tx, target.id, name)
        if identity is None:
            raise Refused(f'the project has no identity "{name}"')
        if identity["connector"] != "slack" or identity["status"] != "ready":
            raise Refused(
                f'the identity "{name}" is {identity["connector"]}/{identity["type"]} and '
                f"{identity['status']}; it must be a slack identity that is ready"
            )
        stored, id = identity["data"], identity["id"]
        assert isinstance(stored, bytes)
        assert isinstance(id, str)
        data = orjson.loads(self.cipher.decrypt(stored, context=id))
        return data if isinstance(data, dict) else {}


def slack_text(text: Text) -> str:
    """Write a text in Slack's own markup, in which three characters are escaped."""
    facts = "\n".join(f"{label}: {_escaped(value)}" for label, value in text.facts)
    items = "\n".join(f"• <{item.link}|{_escaped(item.text)}>" for item in text.items[:_ITEMS])
    more = len(text.items[_ITEMS:]) + text.more
    parts = [
        f"*{_escaped(text.subject)}*",
        *(_escaped(paragraph) for paragraph in text.paragraphs[1:]),
        facts,
        f"```{_escaped(text.output[-_TEXT_LIMIT:]).replace('```', '` ` `')}```" if text.output else "",
        f"<{text.link}>" if text.link else "",
        items,
        f"and {more} more" if more else "",
    ]
    return "\n".join(part for part in parts if part)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _said(answer: Answer) -> str:
    return answer.body[:100].decode(errors="replace")


def _document(answer: Answer) -> Mapping[str, object]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
