"""Values of authorizations that are under way, and what can be wrong with them (identities-connectors, section 5)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventline_api.identities.identity import NewIdentity, read_any_identity
from eventline_common.domain.validation import ValidationError
from eventline_common.errors import EventlineError, InvalidRequestBody, InvalidValue
from eventline_common.http.readers import read_object
from eventline_common.ids import IdentityId

# How long a person may take at the provider.
STATE_LIFETIME = timedelta(minutes=30)


class NotAnOAuth2Identity(InvalidValue):
    """The type of the identity needs no authorization."""

    code = "not_an_oauth2_identity"


class MissingOAuth2State(InvalidValue):
    """The provider sent no state back."""

    code = "missing_oauth2_state"


class InvalidOAuth2State(InvalidValue):
    """The state was never given out, to this account at least, or was used, or has expired."""

    code = "invalid_oauth2_state"


class MissingOAuth2Code(InvalidValue):
    """The provider sent neither a code nor an error."""

    code = "missing_oauth2_code"


class IdentityChanged(EventlineError):
    """Somebody changed the identity while the provider was asked."""

    code = "identity_changed"
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f'identity "{name}" was changed or deleted meanwhile; start the authorization again')


@dataclass(frozen=True, slots=True)
class Started:
    """An authorization to go on with in a browser, before it expires."""

    uri: str
    expiration_time: datetime


@dataclass(frozen=True, slots=True)
class PendingState:
    """What is kept about an authorization that was started."""

    identity_id: IdentityId
    code_verifier: str | None = field(repr=False)
    redirect_uri: str
    expiration_time: datetime


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """The query that the provider sent the browser back with, and the path that it came to."""

    connector: str
    type: str
    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    error_description: str
    issuer: str


def read_new_oauth2_identity(body: object) -> NewIdentity:
    """Read the body of a creation or an update; raise InvalidRequestBody, also for a type without OAuth2."""
    new = read_any_identity(body)
    if not new.kind.deferred:
        message = f"{new.kind.reference} is not an OAuth2 type; such identities are created with POST /identities"
        raise InvalidRequestBody.of([ValidationError("/type", "invalid_value", message)])
    return new


def read_provider_answer(body: object) -> ProviderAnswer:
    """Read the body of a completion; raise InvalidRequestBody, MissingOAuth2State, MissingOAuth2Code."""
    reader = read_object(body)
    answer = ProviderAnswer(
        connector=reader.text("connector"),
        type=reader.text("type"),
        state=reader.text("state"),
        code=reader.text("code"),
        error=reader.text("error"),
        error_description=reader.text("error_description"),
        issuer=reader.text("iss"),
    )
    if not answer.state:
        raise MissingOAuth2State("the provider sent no state back; start the authorization again")
    if not answer.code and not answer.error:
        raise MissingOAuth2Code("the provider sent neither a code nor an error; start the authorization again")
    return answer
