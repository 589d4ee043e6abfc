"""The life of a pod, as scheduler, kubelet, and garbage collector make it."""

import asyncio
import base64
import os
import platform
import shutil
from pathlib import Path
from typing import Any

from tests.contract.runners.kubernetes_server.images import Image, Images, PullFailed
from tests.contract.runners.kubernetes_server.objects import Object, Objects, now, walk
from tests.contract.runners.kubernetes_server.sandbox import KILL, TERM, CannotStart, Mount, Sandbox

NODE = "node-1"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]

_CPUS, _MEGABYTES = 8.0, 16_000
_RETRY = 0.3
_GARBAGE_DELAY = 0.02


class PodLife:
    """One pod. Its object is changed in place, and whoever watches is told."""

    def __init__(self, objects: Objects, images: Images, folder: Path, pod: Object) -> None:
        self._objects = objects
        self._images = images
        self._folder = folder
        self.pod = pod
        self.sandbox: Sandbox | None = None
        self.refuses_execs = False
        self.lost = False
        self.end_reason = ""
        self._task = asyncio.create_task(self._run())
        self._ending: asyncio.Task[None] | None = None

    @property
    def container(self) -> dict[str, Any]:
        found: dict[str, Any] = self.pod["spec"]["containers"][0]
        return found

    def is_running(self) -> bool:
        return self.sandbox is not None and self.pod["status"]["phase"] == "Running"

    def delete(self, grace: int) -> None:
        """Begin to end it; with 0, the object goes at once, and whatever runs is ended when the node can."""
        metadata = self.pod["metadata"]
        before = metadata.get("deletionGracePeriodSeconds")
        if before is not None and before <= grace:
            return
        metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"] = now(), grace
        self._objects.update("Pod", self.pod)
        if grace == 0:
            self._objects.remove("Pod", self.pod)
        if self._ending is not None:
            self._ending.cancel()
        if not self.lost:
            self._ending = asyncio.create_task(self._end(grace))

    def change_status(self, **status: Any) -> None:
        self.pod["status"].update(status)
        self._objects.update("Pod", self.pod)

    def condition(self, kind: str, value: str, reason: str = "", message: str = "") -> None:
        found = [each for each in self.pod["status"].get("conditions", ()) if each["type"] != kind]
        more = {name: text for name, text in (("reason", reason), ("message", message)) if text}
        found.append({"type": kind, "status": value, "lastTransitionTime": now(), **more})
        self.change_status(conditions=found)

    def kill(self, reason: str) -> None:
        """End the container at once, for a reason that its status will tell."""
        self.end_reason = reason
        if self.sandbox is not None:
            self.sandbox.send(KILL)

    async def close(self) -> None:
        for task in (self._task, self._ending):
            if task is not None:
                task.cancel()
        if self.sandbox is not None:
            self.sandbox.send(KILL)
            await self.sandbox.wait()

    async def _end(self, grace: int) -> None:
        if self.sandbox is not None:
            self.sandbox.send(TERM)
            await asyncio.wait((self._task,), timeout=grace)
            self.sandbox.send(KILL)
            await asyncio.wait((self._task,))
        else:
            self._task.cancel()
        self._objects.remove("Pod", self.pod)

    async def _run(self) -> None:
        self.change_status(phase="Pending")
        if not self._schedule():
            return
        self._wait_for("ContainerCreating")
        await self._wait_for_secrets()
        image = await self._pull()
        self.refuses_execs = image.refuses_execs
        user = self._user(image)
        if user is None:
            message = "container has runAsNonRoot and image will run as root"
            self._wait_for("CreateContainerConfigError", message)
            return
        try:
            self.sandbox = await self._start(image, user)
        except CannotStart as error:
            self._over(128, "StartError", f"failed to create containerd task: {error}")
            return
        self._say({"running": {"startedAt": now()}})
        self.pod["status"]["phase"] = "Running"
        self.condition("ContainersReady", "True")
        self.condition("Ready", "True")
        status = await self.sandbox.wait()
        if not self.lost:
            self._over(status, self.end_reason or ("Completed" if status == 0 else "Error"))

    def _schedule(self) -> bool:
        spec = self.pod["spec"]
        selector = spec.get("nodeSelector") or {}
        requests = self.container["resources"].get("requests") or self.container["resources"].get("limits") or {}
        missing = ""
        if selector.get("kubernetes.io/arch", ARCHITECTURE) != ARCHITECTURE:
            missing = "1 node(s) didn't match Pod's node affinity/selector"
        elif float(requests.get("cpu", "0m").removesuffix("m")) / 1000 > _CPUS:
            missing = "1 Insufficient cpu"
        elif int(requests.get("memory", "0M").removesuffix("M")) > _MEGABYTES:
            missing = "1 Insufficient memory"
        if missing:
            self.condition("PodScheduled", "False", "Unschedulable", f"0/1 nodes are available: {missing}.")
            return False
        spec["nodeName"] = NODE
        self.condition("PodScheduled", "True")
        return True

    async def _wait_for_secrets(self) -> None:
        names = {
            str(value["secret"]["name"])
            for value in walk(self.pod["spec"]["volumes"])
            if isinstance(value, dict) and "secret" in value
        }
        while missing := [name for name in names if self._secret(name) is None]:
            self._warn("FailedMount", f'MountVolume.SetUp failed for volume "files" : secret "{missing[0]}" not found')
            await self._objects.until(lambda: all(self._secret(name) is not None for name in names))

    async def _pull(self) -> Image:
        reference, policy = self.container["image"], self.container["imagePullPolicy"]
        if policy == "Never" and not self._images.is_there(reference):
            self._wait_for(
                "ErrImageNeverPull", f'Container image "{reference}" is not present with pull policy of Never'
            )
            await asyncio.Future()
        while True:
            names = [each["name"] for each in self.pod["spec"].get("imagePullSecrets", ())]
            secrets = [found for name in names if (found := self._secret(name)) is not None]
            try:
                return self._images.pull(reference, policy=policy, secrets=secrets)
            except PullFailed as error:
                self._wait_for("ErrImagePull", str(error))
            await asyncio.sleep(_RETRY)
            self._wait_for("ImagePullBackOff", f'Back-off pulling image "{reference}"')
            await asyncio.sleep(_RETRY)

    def _user(self, image: Image) -> int | None:
        """Return who the container runs as, None if that is root and must not be."""
        context = {**self.pod["spec"].get("securityContext", {}), **self.container.get("securityContext", {})}
        user: int = context.get("runAsUser", image.user)
        return None if user == 0 and context.get("runAsNonRoot") else user

    async def _start(self, image: Image, user: int) -> Sandbox:
        self._folder.mkdir()
        mounts = []
        for volume in self.pod["spec"]["volumes"]:
            place = self._folder / f"volume-{volume['name']}"
            place.mkdir()
            place.chmod(0o777 if "emptyDir" in volume and not image.refuses_writing else 0o755)
            self._project(place, volume.get("projected", {}))
            mount = next(each for each in self.container["volumeMounts"] if each["name"] == volume["name"])
            mounts.append(Mount(place, mount["mountPath"], mount.get("readOnly", False)))
        events = self._folder / "sys/fs/cgroup/memory.events"
        events.parent.mkdir(parents=True)
        events.write_text("low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n")
        environment = {"HOME": "/", **dict(image.environment), **self._variables()}
        return await Sandbox.start(
            self._folder, image.root, self.container["command"], user=user, environment=environment, mounts=mounts
        )

    def _project(self, place: Path, projected: dict[str, Any]) -> None:
        for source in projected.get("sources", ()):
            for item in source["secret"]["items"]:
                path = place / item["path"]
                path.write_bytes(self._value(source["secret"]["name"], item["key"]))
                path.chmod(item.get("mode", projected["defaultMode"]))

    def _variables(self) -> dict[str, str]:
        found = {}
        for variable in self.container["env"]:
            reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
            value = self._value(reference["name"], reference["key"]).decode() if reference else variable["value"]
            found[variable["name"]] = value
        return found

    def _secret(self, name: str) -> Object | None:
        return self._objects.get("Secret", self.pod["metadata"]["namespace"], name)

    def _value(self, name: str, key: str) -> bytes:
        secret = self._secret(name)
        assert secret is not None
        return base64.b64decode(secret["data"][key])

    def _wait_for(self, reason: str, message: str = "") -> None:
        waiting = {"reason": reason, **({"message": message} if message else {})}
        self._say({"waiting": waiting})

    def _say(self, state: dict[str, Any]) -> None:
        known = {"name": self.container["name"], "image": self.container["image"], "imageID": "", "restartCount": 0}
        self.change_status(containerStatuses=[{**known, "ready": "running" in state, "state": state}])

    def _over(self, status: int, reason: str, message: str = "") -> None:
        terminated = {"exitCode": status, "reason": reason, "startedAt": now(), "finishedAt": now()}
        if message:
            terminated["message"] = message
        self.pod["status"]["phase"] = "Succeeded" if status == 0 else "Failed"
        self._say({"terminated": terminated})
        shutil.rmtree(self._folder, ignore_errors=True)

    def _warn(self, reason: str, message: str) -> None:
        metadata = self.pod["metadata"]
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{os.urandom(6).hex()}"},
            "type": "Warning",
            "reason": reason,
            "message": message,
            "lastTimestamp": now(),
            "involvedObject": {"kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]},
        }
        self._objects.add("Event", metadata["namespace"], event, manager="kubelet")


async def collect_garbage(objects: Objects) -> None:
    """Remove, again and again, what belongs to something that is not there any more."""
    while True:
        alive = {pod["metadata"]["uid"] for pod in objects.every("Pod")}
        for secret in objects.every("Secret"):
            owners = secret["metadata"].get("ownerReferences") or ()
            if owners and not any(owner["uid"] in alive for owner in owners):
                objects.remove("Secret", secret)
        changed = objects.changed
        await changed.wait()
        await asyncio.sleep(_GARBAGE_DELAY)
