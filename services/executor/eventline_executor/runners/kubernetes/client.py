"""How an executor reaches its cluster, and why it could not, in a few words (handbook 4.4)."""

import json
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
import websocket
from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION

from eventline_common.settings.runners import KubernetesRunnerSettings

# What calls to the cluster may raise.
CLIENT_ERRORS = (
    ApiException,
    ConfigException,
    urllib3.exceptions.HTTPError,
    websocket.WebSocketException,
    OSError,
    ValueError,
)
NOT_FOUND, CONFLICT, GONE, TOO_MANY, SERVER_ERROR = 404, 409, 410, 429, 500

# The library has read KUBECONFIG when it says something else.
_DEFAULT_FILE = "~/.kube/config"


def connect(settings: KubernetesRunnerSettings, *, connections: int) -> ApiClient:
    """Return a client for the cluster of the settings; nothing is sent yet. Raises what is in CLIENT_ERRORS."""
    configuration = Configuration()
    file = config_file(settings)
    if file is not None:
        load: Callable[..., None] = load_kube_config
        load(config_file=file, client_configuration=configuration, persist_config=False)
    else:
        _load_own_cluster(configuration)
    configuration.connection_pool_maxsize = connections
    configuration.retries = 0
    return ApiClient(configuration)


def config_file(settings: KubernetesRunnerSettings) -> str | None:
    """Return the kubeconfig file (or files, as KUBECONFIG lists them), None for the cluster that we are a pod of."""
    if settings.config_path:
        return str(Path(settings.config_path).expanduser())
    if KUBE_CONFIG_DEFAULT_LOCATION != _DEFAULT_FILE:
        return str(KUBE_CONFIG_DEFAULT_LOCATION)
    default = Path(_DEFAULT_FILE).expanduser()
    return str(default) if default.exists() else None


def reason(error: BaseException) -> str:
    """Say why a call failed: what the cluster answered, or what kept us from asking it."""
    if isinstance(error, ApiException):
        return _message_in(error.body) or str(error.reason or error.status).strip()
    if isinstance(error, websocket.WebSocketBadStatusException):
        return _message_in(error.resp_body) or f"status {error.status_code}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return str(getattr(cause, "verify_message", "") or cause.strerror or cause)
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            return os.strerror(cause.errno).lower()
        cause = getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
        cause = cause if isinstance(cause, BaseException) else None
    return str(error).strip()


def status_of(error: BaseException) -> int:
    """Return the status that the cluster answered with, 0 when it did not."""
    if isinstance(error, ApiException):
        return int(error.status or 0)
    return int(error.status_code) if isinstance(error, websocket.WebSocketBadStatusException) else 0


def _load_own_cluster(configuration: Any) -> None:
    try:
        load: Callable[..., None] = load_incluster_config
        load(client_configuration=configuration)
    except ConfigException:
        raise ConfigException(
            f"there is no kubeconfig file (runners.kubernetes.config_path, KUBECONFIG, {_DEFAULT_FILE}), "
            "and the executor is not a pod of a cluster"
        ) from None


def _message_in(body: object) -> str:
    """Return the message of a Status object, or the first line of whatever a proxy may have sent instead of it."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        status = json.loads(text)
    except ValueError:
        return text.strip().partition("\n")[0][:500]
    return str(status.get("message", "")).strip() if isinstance(status, dict) else ""
