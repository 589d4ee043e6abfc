"""Why a call to a cluster failed, in words that people can act on."""

import errno
import ssl
from pathlib import Path
from typing import Any

import pytest
import urllib3
import websocket
from kubernetes.client import ApiException
from kubernetes.config import ConfigException

from eventline_common.settings.runners import KubernetesRunnerSettings
from eventline_executor.runners.kubernetes import client
from eventline_executor.runners.kubernetes.client import config_file, connect, reason, status_of


def answered(status: int, body: Any) -> ApiException:
    error = ApiException(status=status, reason="Forbidden")
    error.body = body
    return error


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        (answered(403, '{"message":"pods is forbidden"}'), "pods is forbidden", 403),
        (answered(403, b'{"message":"pods is forbidden"}'), "pods is forbidden", 403),
        (answered(502, "<html>\nbad gateway"), "<html>", 502),
        (answered(403, None), "Forbidden", 403),
        (websocket.WebSocketBadStatusException("x", 404, resp_body=b'{"message":"no pod"}'), "no pod", 404),
        (websocket.WebSocketBadStatusException("x", 502), "status 502", 502),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused", 0),
        (urllib3.exceptions.ProtocolError("x", ConnectionResetError(errno.ECONNRESET, "y")), "('x', ", 0),
        (ssl.SSLError(1, "self-signed"), "self-signed", 0),
        (ConfigException("no file"), "no file", 0),
    ],
)
def test_the_reason_of_a_failed_call(error: Exception, text: str, status: int) -> None:
    assert reason(error).startswith(text) or text in reason(error)
    assert status_of(error) == status


def test_the_reason_behind_other_errors_is_found() -> None:
    cause = urllib3.exceptions.NewConnectionError(None, "x")  # type: ignore[arg-type]
    cause.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "y")

    assert reason(urllib3.exceptions.MaxRetryError(None, "/", cause)) == "connection refused"  # type: ignore[arg-type]


def test_the_setting_comes_before_the_environment_and_that_before_the_usual_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").touch()
    monkeypatch.setenv("HOME", str(tmp_path))

    assert config_file(KubernetesRunnerSettings("~/k")) == str(tmp_path / "k")
    monkeypatch.setattr(client, "KUBE_CONFIG_DEFAULT_LOCATION", "/a:/b")
    assert config_file(KubernetesRunnerSettings()) == "/a:/b"
    monkeypatch.setattr(client, "KUBE_CONFIG_DEFAULT_LOCATION", "~/.kube/config")
    assert config_file(KubernetesRunnerSettings()) == str(tmp_path / ".kube/config")
    (tmp_path / ".kube/config").unlink()
    assert config_file(KubernetesRunnerSettings()) is None


def test_without_any_file_and_outside_of_a_cluster_it_is_told_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(client, "KUBE_CONFIG_DEFAULT_LOCATION", "~/.kube/config")

    with pytest.raises(ConfigException, match="there is no kubeconfig file"):
        connect(KubernetesRunnerSettings(), connections=1)
