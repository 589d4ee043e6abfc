"""What the cluster gets is valid in every version, shows no secret, and fits (handbook 4.4)."""

import base64
import json
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate.utils import all_versions

from eventline_common.ids import ExecutionId, JobId, ProjectId, new_id
from eventline_executor.runners.kubernetes.manifests import Names, Origin, pod_manifest, secret_manifest
from eventline_executor.runners.kubernetes.programs import PROGRAMS
from eventline_executor.runners.kubernetes.query import exec_url
from eventline_executor.runners.kubernetes.secrets import (
    LARGEST_DATA,
    SECRET_SIZE,
    ExecutionData,
    execution_data,
    registry_data,
)
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError, RunnerIdentity, RuntimeFile
from eventline_executor.runners.registries import Credentials, credentials_for, registry_of

ORIGIN = Origin("a-label", "host 1 2")
EVERYTHING: dict[str, Any] = {
    "image": "ghcr.io/acme/tool:1",
    "labels": {"team": "a"},
    "cpu_request": 0.1,
    "cpu_limit": 2,
    "memory_request": 10,
    "memory_limit": 500,
    "pull_policy": "missing",
    "run_as_user": 2000,
}


def execution(content: bytes = b"{}", **parameters: Any) -> ExecutionToRun:
    return ExecutionToRun(
        id=ExecutionId(new_id()),
        attempt=1,
        project_id=ProjectId(new_id()),
        project_name="main",
        job_id=JobId(new_id()),
        job_name="a-job",
        environment={"TOKEN": "hush", "PRICE": "$(TOKEN) $$"},
        files={"context.json": RuntimeFile(content), "steps/1": RuntimeFile(b"#!/bin/sh\n", executable=True)},
        runner_parameters={"image": "busybox:1", **parameters},
    )


def pod(to_run: ExecutionToRun) -> dict[str, Any]:
    return dict(
        pod_manifest(
            to_run,
            names=Names("eventline-job-x"),
            origin=ORIGIN,
            data=data(to_run),
            architecture="amd64",
            grace=5,
            with_credentials=True,
        )
    )


def data(to_run: ExecutionToRun) -> ExecutionData:
    return execution_data(to_run, PROGRAMS["amd64"])


@pytest.mark.parametrize("version", all_versions())
@pytest.mark.parametrize(
    "parameters", [{}, EVERYTHING, {"pod_security": "baseline"}], ids=["least", "most", "baseline"]
)
def test_objects_are_valid_in_every_version(version: str, parameters: dict[str, Any]) -> None:
    to_run = execution(**parameters)
    created = {"metadata": {"name": "eventline-job-x", "uid": "u", "labels": {}}}

    kubernetes_validate.validate(pod(to_run), version, strict=True)
    for content in data(to_run).secrets:
        kubernetes_validate.validate(dict(secret_manifest("s", content, pod=created)), version, strict=True)


def test_a_pod_shows_the_names_of_variables_and_never_their_values() -> None:
    manifest = pod(execution())

    names = [variable["name"] for variable in manifest["spec"]["containers"][0]["env"]]
    assert names == ["TOKEN", "PRICE", "EVENTLINE_DIR", "HOME"]
    assert "hush" not in json.dumps(manifest)


def test_parameters_become_requests_limits_labels_and_a_user() -> None:
    manifest = pod(execution(**EVERYTHING))

    container = manifest["spec"]["containers"][0]
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "10M"},
        "limits": {"cpu": "2000m", "memory": "500M"},
    }
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert manifest["metadata"]["labels"]["team"] == "a"
    assert manifest["spec"]["securityContext"]["runAsUser"] == 2000


@pytest.mark.parametrize(
    ("parameters", "context"),
    [
        ({"pod_security": "baseline"}, {}),
        ({"pod_security": "baseline", "run_as_user": 0}, {"runAsUser": 0, "runAsGroup": 0}),
    ],
)
def test_a_baseline_pod_runs_as_its_image_says_unless_the_job_does(
    parameters: dict[str, Any], context: dict[str, Any]
) -> None:
    spec = pod(execution(**parameters))["spec"]

    assert spec["securityContext"] == context
    assert "securityContext" not in spec["containers"][0]
    assert "HOME" not in {variable["name"] for variable in spec["containers"][0]["env"]}


def test_a_job_name_that_is_too_long_for_a_label_is_cut() -> None:
    to_run = execution()
    object.__setattr__(to_run, "job_name", "a" * 62 + "-" + "b" * 37)

    assert pod(to_run)["metadata"]["labels"]["eventline.net/job-name"] == "a" * 62


def test_names_are_never_used_twice_and_valid() -> None:
    to_run = execution()
    names = {Names.new(to_run).pod for _ in range(20)}

    assert len(names) == 20
    assert all(name == name.lower() and len(name) <= 63 for name in names)


def test_large_files_are_spread_over_secrets_that_a_cluster_takes() -> None:
    found = data(execution(bytes(5_000_000)))

    sizes = [sum(len(key) + len(value) for key, value in content.items()) for content in found.secrets]
    assert len(sizes) == 6
    assert max(sizes) <= SECRET_SIZE
    assert len({place.key for place in found.archives}) == len(found.archives)


def test_data_that_no_cluster_takes_is_refused_with_the_limit() -> None:
    with pytest.raises(RunnerError, match=f"secrets of Kubernetes take {LARGEST_DATA} at most"):
        data(execution(bytes(LARGEST_DATA)))


@pytest.mark.parametrize(
    ("image", "kind", "server"),
    [
        ("alpine:3", "dockerhub/token", "https://index.docker.io/v1/"),
        ("ghcr.io/acme/tool", "github/token", "ghcr.io"),
        ("ghcr.io/acme/tool", "dockerhub/token", None),
        ("quay.io/acme/tool", "github/token", None),
    ],
)
def test_credentials_are_made_for_their_own_registry_only(image: str, kind: str, server: str | None) -> None:
    connector, _, name = kind.partition("/")
    identity = RunnerIdentity("i", connector, name, {"username": "bob", "token": "t"})

    found = credentials_for(image, identity)

    if server is None:
        assert found is None
        return
    assert found == Credentials(registry_of(image), "bob", "t")
    auths = json.loads(registry_data(found)[".dockerconfigjson"])["auths"]
    assert auths == {server: {"username": "bob", "password": "t", "auth": base64.b64encode(b"bob:t").decode()}}


def test_the_address_of_an_exec_keeps_what_a_cluster_has_below_a_path() -> None:
    url = exec_url("https://h:6443/k8s/clusters/c/", "n", "p", container="job", command=["/a b", "run"])

    assert url == (
        "wss://h:6443/k8s/clusters/c/api/v1/namespaces/n/pods/p/exec?"
        "command=%2Fa+b&command=run&container=job&stdin=true&stdout=true&stderr=false&tty=false"
    )
