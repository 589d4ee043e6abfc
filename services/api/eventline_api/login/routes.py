"""`POST /login`: a user name and a password for an API key (contract http-api, section 10.1)."""

from fastapi import APIRouter
from starlette.responses import Response

from eventline_api.api_keys.api_key import DuplicateApiKeyName, NewApiKey, login_key_name
from eventline_api.api_keys.schemas import CreatedApiKeyView, created_api_key_view
from eventline_api.api_keys.service import create_api_key
from eventline_api.context import Api, Now
from eventline_api.login.attempts import TooManyLoginAttempts, WrongPassword
from eventline_api.login.schemas import CredentialsBody
from eventline_api.login.service import caller_after_login, read_credentials, remember_login
from eventline_common.http.caller import CredentialKind
from eventline_common.http.callers import Public
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.platform import JsonBody

router = APIRouter(tags=["login"])


@router.post(
    "/login",
    summary="Create an API key with a user name and a password",
    responses=answers(200, CreatedApiKeyView, WrongPassword, DuplicateApiKeyName, TooManyLoginAttempts),
    openapi_extra=takes(CredentialsBody),
)
async def login(visitor: Public, body: JsonBody, now: Now, api: Api) -> Response:
    username, password = read_credentials(body)
    account = await api.authentication.authenticate(username, password, address=visitor.address, now=now)
    caller = caller_after_login(account, kind=CredentialKind.API_KEY, address=visitor.address)
    async with api.database.transaction() as tx:
        await remember_login(tx, account, now=now)
        key, secret = await create_api_key(tx, caller, NewApiKey(login_key_name(now)), now=now)
    return JsonResponse(created_api_key_view(key, secret))
