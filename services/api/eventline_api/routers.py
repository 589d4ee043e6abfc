"""Every router of the API: a new resource is one line here."""

from collections.abc import Sequence

from eventline_common.http import status
from fastapi import APIRouter

from eventline_api.account import routes as account
from eventline_api.accounts import routes as accounts
from eventline_api.api_keys import routes as api_keys
from eventline_api.audit_log import routes as audit_log
from eventline_api.identities import routes as identities
from eventline_api.login import routes as login
from eventline_api.projects import routes as projects
from eventline_api.sessions import routes as sessions
from eventline_api.version import routes as version

ROUTERS: Sequence[APIRouter] = (
    status.router,
    login.router,
    sessions.router,
    account.router,
    api_keys.router,
    projects.router,
    identities.router,
    accounts.router,
    audit_log.router,
    version.router,
)
