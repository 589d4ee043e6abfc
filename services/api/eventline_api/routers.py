"""Every router of the API: a new resource is one line here."""

from collections.abc import Sequence

from fastapi import APIRouter

from eventline_api.account import routes as account
from eventline_api.accounts import routes as accounts
from eventline_api.api_keys import routes as api_keys
from eventline_api.audit_log import routes as audit_log
from eventline_api.events import routes as events
from eventline_api.forecast import routes as forecast
from eventline_api.identities import routes as identities
from eventline_api.job_executions import routes as job_executions
from eventline_api.job_revisions import routes as job_revisions
from eventline_api.jobs import deployment_routes as deployments
from eventline_api.jobs import routes as jobs
from eventline_api.live import routes as live
from eventline_api.login import routes as login
from eventline_api.notifications import routes as notifications
from eventline_api.oauth2 import routes as oauth2
from eventline_api.projects import routes as projects
from eventline_api.sessions import routes as sessions
from eventline_api.statistics import routes as statistics
from eventline_api.step_executions import routes as step_executions
from eventline_api.subscriptions import routes as subscriptions
from eventline_api.version import routes as version
from eventline_common.http import status

ROUTERS: Sequence[APIRouter] = (
    status.router,
    login.router,
    sessions.router,
    account.router,
    api_keys.router,
    projects.router,
    identities.router,
    oauth2.router,
    jobs.router,
    deployments.router,
    job_revisions.router,
    job_executions.router,
    step_executions.router,
    live.router,
    subscriptions.router,
    statistics.router,
    forecast.router,
    events.router,
    notifications.router,
    accounts.router,
    audit_log.router,
    version.router,
)
