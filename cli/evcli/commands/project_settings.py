"""The settings and the notification settings of the current project."""

from pathlib import Path

from evcli.arguments import Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.errors import EvcliError
from evcli.job_files import read_text_file
from evcli.output import show_object, show_tree

_SWITCHES = (
    ("on-successful-job", "whether to send a notification when a job succeeds"),
    ("on-first-successful-job", "whether to send a notification when a job succeeds after it has not"),
    ("on-failed-job", "whether to send a notification when a job fails"),
    ("on-aborted-job", "whether to send a notification when a job is aborted"),
    ("on-identity-refresh-error", "whether to send a notification when an identity cannot be refreshed"),
    ("on-missed-run", "whether to send a notification when a job has not run as planned"),
)
_ADDRESSES = "email-addresses"
_CHANNELS = (
    Option("webhook-uri", "the address to post notifications to; an empty one removes the webhook", value="uri"),
    Option("slack-identity", "the slack/oauth2_bot identity that posts to Slack; empty for none", value="name"),
    Option("slack-channel", "where that identity posts, instead of its incoming webhook", value="channel"),
)
# Secrets come from files: what stands on a command line can be read by everybody on the machine.
_SECRETS = (
    Option(
        "webhook-secret-file", "the file with the secret that requests to the webhook are signed with", value="path"
    ),
    Option(
        "slack-webhook-uri-file", "the file with the address of a Slack incoming webhook; empty for none", value="path"
    ),
)


def _describe_settings(call: Call) -> None:
    show_object(call, call.api.get("projects", "id", call.api.project_id, "settings"), show_tree)


def _update_settings(call: Call) -> None:
    path = call.options.text("code-header")
    if path is None:
        raise EvcliError('nothing to change: give the file of a code header with "--code-header"')
    _change(call, "settings", {"code_header": read_text_file(Path(path))})
    call.terminal.info("project settings updated")


def _describe_notifications(call: Call) -> None:
    show_object(call, call.api.get("projects", "id", call.api.project_id, "notification_settings"), show_tree)


def _update_notifications(call: Call) -> None:
    changes: Object = {}
    for name, _ in _SWITCHES:
        word = call.options.text(name)
        if word is not None:
            changes[name.replace("-", "_")] = word == "true"
    addresses = call.options.text(_ADDRESSES)
    if addresses is not None:
        changes["email_addresses"] = [address.strip() for address in addresses.split(",") if address.strip()]
    changes.update(_channel_changes(call))
    if not changes:
        raise EvcliError("nothing to change: give at least one of the command options")
    _change(call, "notification_settings", changes)
    call.terminal.info("notification settings updated")


def _channel_changes(call: Call) -> Object:
    changes: Object = {}
    for option in (*_CHANNELS, *_SECRETS):
        value = call.options.text(option.name)
        if value is None:
            continue
        if option in _SECRETS:
            value = read_text_file(Path(value)).strip()
        changes[option.name.removesuffix("-file").replace("-", "_")] = value
    return changes


def _change(call: Call, settings: str, changes: Object) -> None:
    """Replace some members: the API only takes all of them."""
    path = ("projects", "id", call.api.project_id, settings)
    call.api.put(*path, body={**call.api.get(*path), **changes})


COMMANDS = (
    Command(
        "describe-notification-settings",
        "print the notification settings of the project",
        _describe_notifications,
        options=(OUTPUT,),
    ),
    Command("describe-project-settings", "print the settings of the project", _describe_settings, options=(OUTPUT,)),
    Command(
        "update-notification-settings",
        "change the notification settings of the project; what is not given stays as it is",
        _update_notifications,
        options=(
            Option(_ADDRESSES, "the addresses to send notifications to, separated by commas", value="addresses"),
            *(Option(name, text, value="boolean", choices=("true", "false")) for name, text in _SWITCHES),
            *_CHANNELS,
            *_SECRETS,
        ),
    ),
    Command(
        "update-project-settings",
        "change the settings of the project",
        _update_settings,
        options=(Option("code-header", "the file with the code to put before code blocks", value="path"),),
    ),
)
