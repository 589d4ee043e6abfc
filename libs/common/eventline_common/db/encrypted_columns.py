"""Every column that holds what `IdentityCipher` encrypted, and for which place each value was encrypted.

A column that is missing here would not survive a change of the encryption key; a test compares with the schema.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, WEBHOOK_SECRET, project_context
from eventline_common.ids import ProjectId


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column by its name, the context of the value with an id, and its two statements.

    `select` takes the id to go on after, the beginning of values that need no rotation, and a limit; it locks the rows.
    `update` takes ids and their new values.
    """

    name: str
    context: Callable[[str], str]
    select: str
    update: str


def _same(id: str) -> str:
    return id


def _of_project(member: str) -> Callable[[str], str]:
    def context(id: str) -> str:
        return project_context(ProjectId(id), member)

    return context


ENCRYPTED_COLUMNS: Sequence[EncryptedColumn] = (
    EncryptedColumn(
        "identities.data",
        _same,
        """
SELECT id, data AS value FROM identities
WHERE id > $1 AND substring(data FROM 1 FOR octet_length($2::bytea)) <> $2 ORDER BY id LIMIT $3 FOR NO KEY UPDATE
""",
        """
UPDATE identities SET data = n.value FROM unnest($1::text[], $2::bytea[]) AS n (id, value) WHERE identities.id = n.id
""",
    ),
    EncryptedColumn(
        "job_executions.secret_parameters",
        _same,
        """
SELECT id, secret_parameters AS value FROM job_executions
WHERE id > $1 AND secret_parameters IS NOT NULL
  AND substring(secret_parameters FROM 1 FOR octet_length($2::bytea)) <> $2
ORDER BY id LIMIT $3 FOR NO KEY UPDATE
""",
        """
UPDATE job_executions SET secret_parameters = n.value FROM unnest($1::text[], $2::bytea[]) AS n (id, value)
WHERE job_executions.id = n.id
""",
    ),
    EncryptedColumn(
        "project_notification_settings.webhook_secret",
        _of_project(WEBHOOK_SECRET),
        """
SELECT id, webhook_secret AS value FROM project_notification_settings
WHERE id > $1 AND substring(webhook_secret FROM 1 FOR octet_length($2::bytea)) <> $2
ORDER BY id LIMIT $3 FOR NO KEY UPDATE
""",
        """
UPDATE project_notification_settings SET webhook_secret = n.value
FROM unnest($1::text[], $2::bytea[]) AS n (id, value) WHERE project_notification_settings.id = n.id
""",
    ),
    EncryptedColumn(
        "project_notification_settings.slack_webhook_uri",
        _of_project(SLACK_WEBHOOK_URI),
        """
SELECT id, slack_webhook_uri AS value FROM project_notification_settings
WHERE id > $1 AND substring(slack_webhook_uri FROM 1 FOR octet_length($2::bytea)) <> $2
ORDER BY id LIMIT $3 FOR NO KEY UPDATE
""",
        """
UPDATE project_notification_settings SET slack_webhook_uri = n.value
FROM unnest($1::text[], $2::bytea[]) AS n (id, value) WHERE project_notification_settings.id = n.id
""",
    ),
)
