"""Settings of mails (service-config.md, section 8)."""

from dataclasses import dataclass, field

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class SmtpServerSettings:
    """Settings `notifications.smtp_server`."""

    address: str = "localhost:25"
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NotificationsSettings:
    """Settings `notifications`; without allowed domains, all are allowed."""

    smtp_server: SmtpServerSettings = field(default_factory=SmtpServerSettings)
    from_address: str = "no-reply@localhost"
    subject_prefix: str = "[eventline] "
    signature: str = "This email is a notification sent by the Eventline job scheduling software."
    allowed_domains: tuple[str, ...] = ()


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
        ),
        from_address=sender,
        subject_prefix=prefix,
        signature=block.text("signature", default.signature),
        allowed_domains=block.texts("allowed_domains"),
    )
