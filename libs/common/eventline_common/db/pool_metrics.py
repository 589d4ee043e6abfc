"""What a process does with its database connections."""

from eventline_common.db.session import Database
from eventline_common.metrics import Metrics


def watch_pool(metrics: Metrics, database: Database) -> None:
    """Show the size of the pool, and how many of its connections are open and idle, whenever somebody looks."""
    gauge = metrics.gauge("database_connections", "Connections to PostgreSQL: the most, open, idle", ["state"])
    gauge.labels("most").set_function(lambda: database.pool_sizes()[0])
    gauge.labels("open").set_function(lambda: database.pool_sizes()[1])
    gauge.labels("idle").set_function(lambda: database.pool_sizes()[2])
