"""The composition root of the notifier: builds everything, closes it in reverse."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from eventline_common.bus import NOTIFICATIONS, Bus
from eventline_common.bus.metrics import watch_bus
from eventline_common.clock import SystemClock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.encryption_keys import verify_encryption_keys
from eventline_common.db.pool_metrics import watch_pool
from eventline_common.db.session import Database
from eventline_common.domain.notifications import Channel
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.influx import Influx
from eventline_common.metrics import Metrics
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake
from eventline_common.runtime.process import Service
from eventline_common.runtime.worker import Task, worker
from eventline_common.settings import Settings
from eventline_notifier.channels.channel import MessageChannel
from eventline_notifier.channels.mail import MailChannel, MailSettings
from eventline_notifier.channels.slack import SlackChannel
from eventline_notifier.channels.webhook import WebhookChannel
from eventline_notifier.counters import Counters
from eventline_notifier.delivery import Delivering
from eventline_notifier.planning import Planning

_SWEEP = 1.0
_DEADLINE = 10.0
_ANSWER_LIMIT = 64 * 1024
# Slow addresses of one project must not hold up those of others; the mail server is one and the same for all.
_LOOPS: Mapping[Channel, int] = {Channel.MAIL: 1, Channel.WEBHOOK: 4, Channel.SLACK: 4}


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, and return the loops that plan and deliver."""
    metrics = Metrics("notifier")
    monitoring = await MonitoringServer.start(settings.monitoring.notifier, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    database = await Database.connect(settings.pg, application_name="eventline-notifier")
    stack.push_async_callback(database.close)
    await verify_encryption_keys(database, (settings.encryption_key, *settings.encryption_keys_previous))
    bus = await Bus.connect(settings.nats, name="eventline-notifier")
    stack.push_async_callback(bus.close)
    watch_pool(metrics, database)
    watch_bus(metrics, bus)
    influx = Influx.of(settings, "notifier", stack, SystemClock())
    influx.watch(database.pool_sizes)
    monitoring.watch({"database": database_probe(database), "bus": bus_probe(bus)})
    client = OutgoingClient(deadline=_DEADLINE, answer_limit=_ANSWER_LIMIT)
    stack.push_async_callback(client.close)
    waiting, planned = Wake(), {channel: [Wake() for _ in range(count)] for channel, count in _LOOPS.items()}
    senders = [
        (channel, wake, sender)
        for channel, wakes in planned.items()
        for wake in wakes
        for sender in [_sender(channel, settings, database, client)]
    ]
    for _, _, sender in senders:
        stack.push_async_callback(sender.rest)
    planning = Planning(
        database, SystemClock(), [wake for _, wake, _ in senders], settings.notifications.messages_per_minute
    )
    own_pace = settings.worker("notification-worker")
    tasks: list[Task] = [
        partial(ring_on_hints, bus.consumer(NOTIFICATIONS, durable="notifier"), waiting),
        *worker("planning", planning.run_once, own_pace, pause=_SWEEP, wake=waiting),
    ]
    counters = Counters(metrics)
    for channel, wake, sender in senders:
        delivering = Delivering(database, SystemClock(), channel, sender, counters)
        tasks += worker(f"{channel.value} delivery", delivering.run_once, own_pace, pause=_SWEEP, wake=wake)
    return Service([*tasks, *influx.tasks])


def _sender(channel: Channel, settings: Settings, database: Database, client: OutgoingClient) -> MessageChannel:
    """Return what sends by a channel: the registry of channels."""
    cipher = IdentityCipher(settings.encryption_key, settings.encryption_keys_previous)
    match channel:
        case Channel.MAIL:
            return MailChannel(mail_settings(settings))
        case Channel.WEBHOOK:
            return WebhookChannel(client, cipher, settings.web_http_server_uri)
        case Channel.SLACK:
            return SlackChannel(client, cipher, database, settings.web_http_server_uri)


def mail_settings(settings: Settings) -> MailSettings:
    """Pick what mail needs from the settings."""
    notifications = settings.notifications
    host, _, port = notifications.smtp_server.address.rpartition(":")
    return MailSettings(
        host=host.strip("[]"),
        port=int(port),
        username=notifications.smtp_server.username,
        password=notifications.smtp_server.password,
        ca_certificate_path=notifications.smtp_server.ca_certificate_path or None,
        from_address=notifications.from_address,
        subject_prefix=notifications.subject_prefix,
        signature=notifications.signature,
        web_uri=settings.web_http_server_uri,
        allowed_domains=notifications.allowed_domains,
    )
