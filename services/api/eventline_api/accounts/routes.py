"""The routes of accounts, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from eventline_api.accounts import service, store
from eventline_api.accounts.account import (
    DuplicateUsername,
    LastAdministrator,
    UnknownAccount,
    read_account_update,
    read_new_account,
    read_new_password,
)
from eventline_api.accounts.schemas import AccountUpdateBody, AccountView, NewAccountBody, NewPasswordBody, account_view
from eventline_api.context import Api, Now
from eventline_common.http.callers import AdminCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import AccountId

router = APIRouter(tags=["accounts"])

_ID = "/accounts/id/{id}"


@router.get("/accounts", summary="List accounts", responses=answers(200, PageView[AccountView]))
async def list_accounts(
    _: AdminCaller, cursor: Annotated[Cursor, Depends(cursor_of(store.ACCOUNTS))], tx: Reading
) -> Response:
    return JsonResponse(page_view(await store.list_accounts(tx, cursor), cursor, account_view))


@router.post(
    "/accounts",
    status_code=201,
    summary="Create an account",
    responses=answers(201, AccountView, DuplicateUsername),
    openapi_extra=takes(NewAccountBody),
)
async def create(caller: AdminCaller, body: JsonBody, now: Now, api: Api) -> Response:
    new = read_new_account(body)
    password_hash = await api.passwords.hash(new.password)
    async with api.database.transaction() as tx:
        account = await service.create_account(tx, caller, new, password_hash, now=now)
    return JsonResponse(account_view(account), 201)


@router.get(_ID, summary="Fetch an account", responses=answers(200, AccountView, UnknownAccount))
async def fetch(_: AdminCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(account_view(await store.get_account(tx, AccountId(id))))


@router.put(
    _ID,
    summary="Change the user name and the role of an account",
    responses=answers(200, AccountView, UnknownAccount, DuplicateUsername, LastAdministrator),
    openapi_extra=takes(AccountUpdateBody),
)
async def update(caller: AdminCaller, id: PathId, body: JsonBody, now: Now, tx: Transaction) -> Response:
    username, role = read_account_update(body)
    account = await service.update_account(tx, caller, AccountId(id), username=username, role=role, now=now)
    return JsonResponse(account_view(account))


@router.put(
    f"{_ID}/password",
    status_code=204,
    summary="Set the password of an account",
    responses=answers(204, None, UnknownAccount),
    openapi_extra=takes(NewPasswordBody),
)
async def set_password(caller: AdminCaller, id: PathId, body: JsonBody, now: Now, api: Api) -> Response:
    new = read_new_password(body, current_needed=False)
    password_hash = await api.passwords.hash(new.password)
    async with api.database.transaction() as tx:
        await service.set_password(
            tx, caller, AccountId(id), password_hash, revoke_api_keys=new.revoke_api_keys, now=now
        )
    return no_content()


@router.delete(
    _ID,
    status_code=204,
    summary="Delete an account with its web sessions and API keys",
    responses=answers(204, None, UnknownAccount, LastAdministrator),
)
async def delete(caller: AdminCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.delete_account(tx, caller, AccountId(id), now=now)
    return no_content()
