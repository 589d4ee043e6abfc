"""Every command and the module it is in; modules are only imported when their commands are needed."""

from collections.abc import Iterable, Mapping
from importlib import import_module

from evcli.command import Command

MODULES: Mapping[str, tuple[str, ...]] = {
    "account": ("change-password", "describe-account", "update-account-settings"),
    "accounts": ("create-account", "delete-account", "list-accounts", "set-account-password", "update-account"),
    "api_keys": ("create-api-key", "delete-api-key", "list-api-keys"),
    "audit_log": ("list-audit-log",),
    "completion": ("completion",),
    "configuration": ("get-config", "set-config", "show-config"),
    "deployment": ("deploy-job", "deploy-jobs"),
    "events": ("describe-event", "list-events", "replay-event"),
    "execution": ("execute-job",),
    "export": ("export-job",),
    "forecast": ("list-forecast",),
    "identities": (
        "create-identity", "delete-identity", "describe-identity", "list-identities", "list-identity-types",
        "refresh-identity", "update-identity",
    ),
    "job_executions": (
        "abort-job-execution", "describe-job-execution", "describe-step-execution", "list-job-executions",
        "restart-job-execution",
    ),
    "job_revisions": ("describe-job-revision", "diff-job", "list-job-revisions", "roll-back-job"),
    "job_statistics": (
        "describe-job-statistics", "list-job-running-times", "list-job-statistics", "list-job-status-counts",
    ),
    "jobs": (
        "add-favourite-job", "delete-job", "describe-job", "disable-job", "enable-job", "list-jobs",
        "remove-favourite-job", "rename-job",
    ),
    "login": ("login", "logout"),
    "logs": ("export-logs", "logs"),
    "names": ("list-names",),
    "notifications": (
        "describe-notification", "list-notifications", "retry-notification", "send-test-notification",
    ),
    "oauth2": ("authorize-identity", "complete-authorization", "create-oauth2-identity", "update-oauth2-identity"),
    "program": ("help", "version"),
    "project_configuration": ("configure-project", "describe-project-configuration"),
    "project_settings": (
        "describe-notification-settings", "describe-project-settings", "update-notification-settings",
        "update-project-settings",
    ),
    "projects": ("create-project", "delete-project", "describe-project", "list-projects", "rename-project"),
    "server": ("check-server", "describe-api", "describe-server"),
    "sessions": ("delete-session", "list-sessions"),
    "subscriptions": ("describe-subscription", "list-subscriptions", "renew-webhook-address"),
    "update": ("update",),
    "watch": ("watch-job-executions",),
}  # fmt: skip

_MODULE_OF: Mapping[str, str] = {command: module for module, commands in MODULES.items() for command in commands}


def command_names() -> list[str]:
    """Return the names of all commands, sorted; nothing is imported."""
    return sorted(_MODULE_OF)


def find_command(name: str) -> Command | None:
    """Return a command by name."""
    module = _MODULE_OF.get(name)
    return None if module is None else _load(module)[name]


def all_commands() -> Iterable[Command]:
    """Return every command, for help and completion."""
    return [command for module in MODULES for command in _load(module).values()]


def _load(module: str) -> Mapping[str, Command]:
    commands: tuple[Command, ...] = import_module(f"evcli.commands.{module}").COMMANDS
    return {command.name: command for command in commands}
