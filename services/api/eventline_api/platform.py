"""What the requests of the API may use, beyond what every application has."""

from dataclasses import dataclass

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.http.platform import Platform
from eventline_common.settings import Settings
from starlette.requests import Request

from eventline_api.login.service import Authentication
from eventline_api.passwords import Passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPlatform(Platform):
    """The parts of the running API."""

    settings: Settings
    cipher: IdentityCipher
    passwords: Passwords
    authentication: Authentication


def api_platform(request: Request) -> ApiPlatform:
    """Return the platform of the API that serves a request."""
    platform = request.app.state.platform
    assert isinstance(platform, ApiPlatform)
    return platform
