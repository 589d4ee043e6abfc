"""Settings of mails (service-config.md, section 8)."""

from dataclasses import dataclass, field

from eventline_common.settings.block import Block

_MOST_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class SmtpServerSettings:
    """Settings `notifications.smtp_server`."""

    address: str = "localhost:25"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_certificate_path: str = ""


@dataclass(frozen=True, slots=True)
class NotificationsSettings:
    """Settings `notifications`; without allowed domains, all are allowed.

    A project gets at most `messages_per_minute`; what goes past is combined into digests. 0 combines nothing.
    """

    smtp_server: SmtpServerSettings = field(default_factory=SmtpServerSettings)
    from_address: str = "no-reply@localhost"
    subject_prefix: str = "[eventline] "
    signature: str = "This email is a notification sent by the Eventline job scheduling software."
    allowed_domains: tuple[str, ...] = ()
    messages_per_minute: int = 10


def read_notifications(block: Block) -> NotificationsSettings:
    """Read `notifications`; an empty prefix or signature is one that was asked for."""
    default = NotificationsSettings()
    server = block.block("smtp_server")
    sender = block.filled("from_address", default.from_address)
    if "@" not in sender or sender != sender.strip() or any(character in sender for character in "\r\n<>, "):
        block.wrong("from_address", f'must be a mail address, as in {default.from_address}, not "{sender}"')
    prefix = block.text("subject_prefix", default.subject_prefix)
    if "\n" in prefix or "\r" in prefix:
        block.wrong("subject_prefix", "must be a single line")
    return NotificationsSettings(
        smtp_server=SmtpServerSettings(
            address=server.address("address", default.smtp_server.address),
            username=server.text("username"),
            password=server.text("password"),
            ca_certificate_path=server.text("ca_certificate_path"),
        ),
        from_address=sender,
        subject_prefix=prefix,
        signature=block.text("signature", default.signature),
        allowed_domains=block.texts("allowed_domains"),
        messages_per_minute=block.integer(
            "messages_per_minute", default.messages_per_minute, least=0, most=_MOST_MESSAGES
        ),
    )
