"""The account that the API key belongs to."""

from evcli.arguments import Option
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.errors import EvcliError
from evcli.output import show_object, show_tree
from evcli.prompts import ask_secret

DATE_FORMATS = ("absolute", "relative")


def _describe(call: Call) -> None:
    show_object(call, call.api.get("account"), show_tree)


def _update_settings(call: Call) -> None:
    changes: dict[str, object] = {}
    date_format = call.options.text("date-format")
    if date_format is not None:
        changes["date_format"] = date_format
    if call.options.text("page-size") is not None:
        changes["page_size"] = call.options.integer("page-size", least=1, default=0)
    if not changes:
        raise EvcliError('nothing to change: give "--date-format" or "--page-size"')
    # The API takes all the settings at once.
    call.api.put("account", "settings", body={**call.api.get("account")["settings"], **changes})
    call.terminal.info("account settings updated")


def _change_password(call: Call) -> None:
    current = ask_secret(call.terminal, "Current password")
    password = ask_secret(call.terminal, "New password")
    call.api.put("account", "password", body={"current_password": current, "password": password})
    call.terminal.info("password changed")


COMMANDS = (
    Command(
        "change-password",
        "change the password of the account",
        _change_password,
        uses_project=False,
        details="without a terminal the current and the new password are the first two lines of the standard input",
    ),
    Command(
        "describe-account", "print information about the account", _describe, options=(OUTPUT,), uses_project=False
    ),
    Command(
        "update-account-settings",
        "change the settings of the account; what is not given stays as it is",
        _update_settings,
        options=(
            Option("date-format", "how dates are shown on the web interface", value="format", choices=DATE_FORMATS),
            Option("page-size", "the number of elements on a page, at most 100", value="number"),
        ),
        uses_project=False,
    ),
)
