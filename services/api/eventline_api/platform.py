"""What the requests of the API may use, beyond what every application has."""

from dataclasses import dataclass

from starlette.requests import Request

from eventline_api.jobs.executing import ManualExecutions
from eventline_api.live.hub import Hub
from eventline_api.login.service import Authentication
from eventline_api.oauth2.service import Authorizations
from eventline_api.passwords import Passwords
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.http.monitoring import Readiness
from eventline_common.http.platform import Platform
from eventline_common.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPlatform(Platform):
    """The parts of the running API."""

    settings: Settings
    cipher: IdentityCipher
    passwords: Passwords
    authentication: Authentication
    hub: Hub
    manual_executions: ManualExecutions
    authorizations: Authorizations
    readiness: Readiness
    # How long a stream goes on, in seconds, before its caller is looked up again.
    stream_check_period: float = 30.0


def api_platform(request: Request) -> ApiPlatform:
    """Return the platform of the API that serves a request."""
    platform = request.app.state.platform
    assert isinstance(platform, ApiPlatform)
    return platform
