"""The smallest question that PostgreSQL can be asked."""

from eventline_common.db.session import Database


async def require_reachable(database: Database) -> None:
    """Raise whatever asyncpg raises when the database does not answer."""
    async with database.connection() as connection:
        await connection.execute("SELECT")
