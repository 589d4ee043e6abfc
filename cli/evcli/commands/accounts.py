"""The accounts of the platform, for administrators."""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import account_by_username
from evcli.errors import EvcliError
from evcli.output import Column, instant, show_elements, text
from evcli.pagination import list_elements
from evcli.prompts import ask_secret

ROLES = ("user", "admin")
_USERNAME = Argument("username", "the user name of the account", completes="accounts")
_FROM_STDIN = "without a terminal the password is the first line of the standard input"


def _list(call: Call) -> None:
    columns = (
        Column("id", text("id")),
        Column("username", text("username")),
        Column("role", text("role")),
        Column("last login", instant("last_login_time")),
    )
    show_elements(call, list_elements(call.api, "accounts"), columns)


def _create(call: Call) -> None:
    role = call.options.text("role") or "user"
    body = {"username": call.arguments[0], "role": role, "password": ask_secret(call.terminal, "Password")}
    account = call.api.post("accounts", body=body)
    call.terminal.info(f"account {account['id']} created")


def _update(call: Call) -> None:
    username, role = call.options.text("username"), call.options.text("role")
    if username is None and role is None:
        raise EvcliError('nothing to change: give "--username" or "--role"')
    account = account_by_username(call, call.arguments[0])
    body = {"username": username or account["username"], "role": role or account["role"]}
    call.api.put("accounts", "id", account["id"], body=body)
    call.terminal.info(f"account {account['id']} updated")


def _set_password(call: Call) -> None:
    account = account_by_username(call, call.arguments[0])
    password = ask_secret(call.terminal, "New password")
    call.api.put("accounts", "id", account["id"], "password", body={"password": password})
    call.terminal.info(f"password of account {account['id']} changed")


def _delete(call: Call) -> None:
    account = account_by_username(call, call.arguments[0])
    call.api.delete("accounts", "id", account["id"])
    call.terminal.info(f"account {account['id']} deleted")


_ROLE = Option("role", "the role of the account", short="r", value="role", choices=ROLES)

COMMANDS = (
    Command(
        "create-account",
        "create an account",
        _create,
        details=_FROM_STDIN,
        options=(_ROLE,),
        arguments=(_USERNAME,),
        uses_project=False,
    ),
    Command("delete-account", "delete an account", _delete, arguments=(_USERNAME,), uses_project=False),
    Command("list-accounts", "list all accounts", _list, options=(OUTPUT,), uses_project=False),
    Command(
        "set-account-password",
        "set the password of an account",
        _set_password,
        details=_FROM_STDIN,
        arguments=(_USERNAME,),
        uses_project=False,
    ),
    Command(
        "update-account",
        "change the user name or the role of an account",
        _update,
        options=(Option("username", "the new user name", short="u", value="name"), _ROLE),
        arguments=(_USERNAME,),
        uses_project=False,
    ),
)
