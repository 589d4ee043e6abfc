"""Begins a migration: `python tools/new_migration.py <name>` writes the next numbered revision with empty SQL files."""

import re
import sys
from pathlib import Path

VERSIONS = Path(__file__).parents[1] / "libs/common/eventline_common/db/migrations/versions"
REVISION = '''"""{title}."""

from alembic import op

from eventline_common.db.migrations.sql import read_sql

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in read_sql("{stem}.sql"):
        op.execute(statement)


def downgrade() -> None:
    for statement in read_sql("{stem}.down.sql"):
        op.execute(statement)
'''


def main(words: list[str]) -> int:
    """Write the files and say where they are; status 1 when the name cannot be used."""
    name = "_".join(words).strip().lower().replace(" ", "_").replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        sys.stderr.write('name the migration: make migration NAME=add_something (letters, digits and "_")\n')
        return 1
    before = max(path.name[:4] for path in VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py"))
    revision = f"{int(before) + 1:04}"
    stem = f"{revision}_{name}"
    title = name.replace("_", " ").capitalize()
    text = REVISION.format(title=title, revision=revision, before=before, stem=stem)
    (VERSIONS / f"{stem}.py").write_text(text)
    (VERSIONS / f"{stem}.sql").write_text(f"-- {title}.\nSET LOCAL lock_timeout = '5s';\n")
    (VERSIONS / f"{stem}.down.sql").write_text(f"-- Takes back: {title.lower()}.\nSET LOCAL lock_timeout = '5s';\n")
    for path in sorted(VERSIONS.glob(f"{stem}.*")):
        sys.stdout.write(f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
