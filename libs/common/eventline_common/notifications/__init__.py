"""Inserts what people are to be told, in the transaction of the fact itself; the notifier does the rest.

The ledger inserts those about ended executions by itself, in the statement that ends them.
"""

from eventline_common.notifications.store import (
    IdentityRefreshError,
    insert_identity_refresh_errors,
    insert_missed_runs,
    insert_test,
)

__all__ = ["IdentityRefreshError", "insert_identity_refresh_errors", "insert_missed_runs", "insert_test"]
