"""The composition root of the notifier: builds everything, closes it in reverse."""

from contextlib import AsyncExitStack
from functools import partial

from eventline_common.bus import NOTIFICATIONS, Bus
from eventline_common.clock import SystemClock
from eventline_common.db.session import Database
from eventline_common.http.monitoring import MonitoringServer
from eventline_common.http.probes import bus_probe, database_probe
from eventline_common.metrics import Metrics
from eventline_common.runtime.hints import ring_on_hints
from eventline_common.runtime.loop import Wake
from eventline_common.runtime.process import Service
from eventline_common.runtime.worker import worker
from eventline_common.settings import Settings
from eventline_notifier.channels.mail import MailSettings
from eventline_notifier.counters import Counters
from eventline_notifier.delivery import Delivery

_SWEEP = 1.0


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Connect to PostgreSQL and NATS, and return the loop that delivers."""
    metrics = Metrics("notifier")
    monitoring = await MonitoringServer.start(settings.monitoring.notifier, metrics=metrics)
    stack.push_async_callback(monitoring.close)
    database = await Database.connect(settings.pg, application_name="eventline-notifier")
    stack.push_async_callback(database.close)
    bus = await Bus.connect(settings.nats, name="eventline-notifier")
    stack.push_async_callback(bus.close)
    monitoring.watch({"database": database_probe(database), "bus": bus_probe(bus)})
    wake = Wake()
    delivery = Delivery(database, SystemClock(), mail_settings(settings), Counters(metrics))
    return Service(
        [
            partial(ring_on_hints, bus.consumer(NOTIFICATIONS, durable="notifier"), wake),
            *worker("delivery", delivery.run_once, settings.worker("notification-worker"), pause=_SWEEP, wake=wake),
        ]
    )


def mail_settings(settings: Settings) -> MailSettings:
    """Pick what mail needs from the settings."""
    notifications = settings.notifications
    host, _, port = notifications.smtp_server.address.rpartition(":")
    return MailSettings(
        host=host.strip("[]"),
        port=int(port),
        username=notifications.smtp_server.username,
        password=notifications.smtp_server.password,
        from_address=notifications.from_address,
        subject_prefix=notifications.subject_prefix,
        signature=notifications.signature,
        web_uri=settings.web_http_server_uri,
    )
