"""The kubernetes runner under test: against the server in `kubernetes_server/`, or a cluster that is named.

With `EVENTLINE_TEST_KUBERNETES_IMAGE`, the cluster of `KUBECONFIG` is used, with pods of that image, which must have a
shell and the usual programs, in the namespace `EVENTLINE_TEST_KUBERNETES_NAMESPACE` (`default`).
"""

import asyncio
import atexit
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiException, CoreV1Api

from eventline_common.ids import new_id
from eventline_common.settings.runners import KubernetesRunnerSettings
from eventline_executor.runners.kubernetes import KubernetesRunners
from eventline_executor.runners.kubernetes.client import connect
from eventline_executor.runners.kubernetes.cluster import Patience
from eventline_executor.runners.kubernetes.manifests import EXECUTOR_LABEL
from tests.contract.runners.docker_subject import WithParameters, busybox

CLUSTER_IMAGE = os.environ.get("EVENTLINE_TEST_KUBERNETES_IMAGE", "")
IMAGE = CLUSTER_IMAGE or "busybox:1"
IS_HERE = not CLUSTER_IMAGE
PATIENCE = Patience(problem=1.0, node=1.0)

_ROOT = Path(__file__).parents[3]
_PROGRAMS = ("unshare", "nsenter", "setpriv", "chroot")


@dataclass(frozen=True)
class Server:
    """The running server: `folder` has its `kubeconfig` and its images."""

    folder: Path

    @property
    def config_path(self) -> str:
        return str(self.folder / "kubeconfig")

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask for something that no cluster does."""
        config = yaml.safe_load((self.folder / "kubeconfig").read_text())["clusters"][0]["cluster"]
        request = urllib.request.Request(
            f"{config['server']}/control/{path}", json.dumps(body).encode() if body is not None else None, method=method
        )
        context = ssl.create_default_context(cafile=config["certificate-authority"])
        with urllib.request.urlopen(request, context=context) as answer:
            return json.load(answer)

    def new_namespace(self, **settings: Any) -> str:
        """Make a namespace; with `enforce="baseline"`, its pods need not be restricted."""
        name = f"test-{new_id().lower()}"
        self.control("PUT", f"namespaces/{name}", settings)
        return name

    def fault(self, namespace: str, name: str) -> None:
        """Let something happen to all pods of a namespace (`kubernetes_server/control.py`)."""
        assert self.control("POST", f"namespaces/{namespace}/faults/{name}", {})["pods"] > 0

    def objects(self, namespace: str) -> Mapping[str, list[dict[str, Any]]]:
        """Return all pods and secrets in a namespace."""
        found: Mapping[str, list[dict[str, Any]]] = self.control("GET", f"namespaces/{namespace}/objects")
        return found

    def add_image(self, name: str, **members: Any) -> str:
        """Make another image of the same files."""
        path = self.folder / "images.json"
        known = json.loads(path.read_text())
        known[name] = {**known[IMAGE], **members}
        (self.folder / "images.new").write_text(json.dumps(known))
        (self.folder / "images.new").replace(path)
        return name


@cache
def server() -> Server:
    """The server of this test process; skips the test where it cannot work."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the server of the kubernetes tests makes containers")
    for name in _PROGRAMS:
        if shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            pytest.skip(f"needs {name}: apt install util-linux coreutils")
    probe = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"needs namespaces of Linux, as in a privileged container: {probe.stderr.strip()}")
    folder = Path(tempfile.mkdtemp(prefix="eventline-kubernetes-"))
    folder.chmod(0o755)
    _make_image(folder / "busybox")
    image = {"root": str(folder / "busybox"), "environment": {"FROM_IMAGE": "of the image"}}
    (folder / "images.json").write_text(json.dumps({"busybox:1": image}))
    module = "tests.contract.runners.kubernetes_server"
    command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", module, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    atexit.register(_stop, process, folder)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", "the server did not start"
    return Server(folder)


@asynccontextmanager
async def kubernetes_runners(
    namespace: str = "",
    *,
    kill_delay: float = 1.0,
    settings: Mapping[str, Any] | None = None,
    patience: Patience = PATIENCE,
    **parameters: Any,
) -> AsyncIterator[WithParameters]:
    """A running factory for executions with these parameters, in a namespace of their own."""
    namespace = namespace or new_namespace()
    config_path = "" if CLUSTER_IMAGE else server().config_path
    given = {"config_path": config_path, "namespace": namespace, "start_timeout": 60.0, **(settings or {})}
    runners = KubernetesRunners(KubernetesRunnerSettings(**given), kill_delay=kill_delay, patience=patience)
    factory = WithParameters(runners, {"image": IMAGE, "pull_policy": "missing", **parameters})
    await factory.recover()
    try:
        yield factory
    finally:
        await factory.close()


def new_namespace(**settings: Any) -> str:
    """A namespace for one test."""
    if CLUSTER_IMAGE:
        return os.environ.get("EVENTLINE_TEST_KUBERNETES_NAMESPACE", "default")
    return server().new_namespace(**settings)


async def leftovers(namespace: str) -> list[str]:
    """The pods and secrets of executors that are left, once the cluster has had the time to collect its garbage."""
    found: list[str] = []
    for _ in range(100):
        found = await asyncio.to_thread(_objects_of_executors, namespace)
        if not found:
            break
        await asyncio.sleep(0.1)
    return found


def _objects_of_executors(namespace: str) -> list[str]:
    if not CLUSTER_IMAGE:
        return [each["metadata"]["name"] for kind in server().objects(namespace).values() for each in kind]
    client: Any = connect(KubernetesRunnerSettings(), connections=1)
    with closing(client):
        core: Any = CoreV1Api(client)
        pods = core.list_namespaced_pod(namespace, label_selector=EXECUTOR_LABEL).items
        try:
            secrets = core.list_namespaced_secret(namespace, label_selector=EXECUTOR_LABEL).items
        except ApiException as error:
            if error.status != 403:
                raise
            secrets = []  # whoever has only the role of executors cannot see them
        return [item.metadata.name for item in (*pods, *secrets)]


def _make_image(root: Path) -> None:
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        (root / name).mkdir(parents=True)
    for name in ("null", "zero", "full", "random", "urandom"):
        (root / "dev" / name).touch()
    shutil.copy(busybox(), root / "bin/busybox")
    applets = subprocess.run([busybox(), "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in applets:
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")


def _stop(process: "subprocess.Popen[str]", folder: Path) -> None:
    process.terminate()
    process.communicate()
    shutil.rmtree(folder, ignore_errors=True)
