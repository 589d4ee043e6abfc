"""Encrypts what projects keep secret, with the cipher of identities, each value bound to its project and its place."""

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.ids import ProjectId

WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the name of the member, not its value
SLACK_WEBHOOK_URI = "slack_webhook_uri"


def encrypt_project_secret(cipher: IdentityCipher, value: str, *, project_id: ProjectId, member: str) -> bytes:
    """Encrypt a member of a project's settings."""
    return cipher.encrypt(value.encode(), context=project_context(project_id, member))


def decrypt_project_secret(cipher: IdentityCipher, stored: bytes, *, project_id: ProjectId, member: str) -> str:
    """Decrypt a member of a project's settings; raises UndecryptableIdentity."""
    return cipher.decrypt(stored, context=project_context(project_id, member)).decode()


def project_context(project_id: ProjectId, member: str) -> str:
    """Return the place that a member is encrypted for."""
    return f"project/{project_id}/{member}"
