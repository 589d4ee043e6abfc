"""The routes of the caller's own account (contract http-api, section 10.2)."""

from fastapi import APIRouter
from starlette.responses import Response

from eventline_api.account import service
from eventline_api.accounts.account import read_account_settings, read_new_password
from eventline_api.accounts.schemas import AccountSettingsView, AccountView, OwnPasswordBody, account_view
from eventline_api.accounts.service import set_password
from eventline_api.context import Api, Now
from eventline_api.login.attempts import TooManyLoginAttempts, WrongPassword
from eventline_common.http.callers import ApiCaller
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import Transaction

router = APIRouter(tags=["account"])


@router.get("/account", summary="Fetch your account", responses=answers(200, AccountView))
async def fetch(caller: ApiCaller) -> Response:
    return JsonResponse(account_view(caller.account))


@router.put(
    "/account/settings",
    summary="Change your preferences",
    responses=answers(200, AccountView),
    openapi_extra=takes(AccountSettingsView),
)
async def update_settings(caller: ApiCaller, body: JsonBody, now: Now, tx: Transaction) -> Response:
    account = await service.save_settings(tx, caller, read_account_settings(body), now=now)
    return JsonResponse(account_view(account))


@router.put(
    "/account/password",
    status_code=204,
    summary="Change your password and end your other web sessions",
    responses=answers(204, None, WrongPassword, TooManyLoginAttempts),
    openapi_extra=takes(OwnPasswordBody),
)
async def change_password(caller: ApiCaller, body: JsonBody, now: Now, api: Api) -> Response:
    new = read_new_password(body, current_needed=True)
    account = caller.account
    await api.authentication.authenticate(account.username, new.current_password, address=caller.address, now=now)
    password_hash = await api.passwords.hash(new.password)
    async with api.database.transaction() as tx:
        await set_password(tx, caller, account.id, password_hash, revoke_api_keys=new.revoke_api_keys, now=now)
    return no_content()
