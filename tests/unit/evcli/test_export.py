"""`export-job` (contract job-spec, section 8; G-18)."""

import stat
from typing import Any

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

SPECIFICATION: dict[str, Any] = {
    "name": "report",
    "description": "on",
    "parameters": [{"name": "x", "type": "number", "default": None}],
    "runner": {"name": "local", "parameters": {}},
    "environment": {"TIME": "12:30", "OCTAL": "0o17", "EMPTY": ""},
    "steps": [
        {"label": "Step 1", "code": "#!/bin/sh\n\nls  \n"},
        {"label": "Step 2", "script": {"path": "bin/run.sh", "arguments": ["-l"], "content": "#!/bin/sh\nls\n"}},
    ],
}


def serve(server: ScriptedServer, specification: dict[str, Any]) -> None:
    server.on("GET", "/jobs/name/report", {"id": "1", "spec": specification})


def test_an_exported_job_can_be_deployed_again(evcli: Evcli, server: ScriptedServer) -> None:
    serve(server, SPECIFICATION)
    server.on("PUT", "/jobs/name/report", {"id": "1"})

    exported = evcli.run("export-job", "-d", "out/deep", "report")
    evcli.run("deploy-job", "out/deep/report.yaml")

    assert (exported.status, exported.stderr) == (0, "job 1 exported to out/deep/report.yaml\n")
    assert server.requests[-1].json == SPECIFICATION


def test_the_script_is_private_and_executable_and_the_job_file_private(evcli: Evcli, server: ScriptedServer) -> None:
    serve(server, SPECIFICATION)

    evcli.run("export-job", "report")

    assert (evcli.directory / "bin/run.sh").read_text() == "#!/bin/sh\nls\n"
    assert stat.S_IMODE((evcli.directory / "bin/run.sh").stat().st_mode) == 0o700
    assert stat.S_IMODE((evcli.directory / "report.yaml").stat().st_mode) == 0o600
    assert "content" not in (evcli.directory / "report.yaml").read_text()


@pytest.mark.parametrize("path", ["../evil.sh", "a/../../evil.sh", "..", "/"])
def test_a_script_outside_of_the_directory_is_refused(evcli: Evcli, server: ScriptedServer, path: str) -> None:
    serve(server, {**SPECIFICATION, "steps": [{"script": {"path": path, "content": "x"}}]})

    result = evcli.run("export-job", "report")

    assert result.status == 1
    assert "does not lead to a file inside the directory" in result.errors[0]
    assert list(evcli.directory.iterdir()) == []


def test_an_absolute_script_path_is_taken_below_the_directory(evcli: Evcli, server: ScriptedServer) -> None:
    serve(server, {**SPECIFICATION, "steps": [{"script": {"path": "/bin/run.sh", "content": "x"}}]})

    assert evcli.run("export-job", "report").status == 0
    assert (evcli.directory / "bin/run.sh").read_text() == "x"


def test_a_linked_directory_that_leads_elsewhere_is_refused(evcli: Evcli, server: ScriptedServer) -> None:
    outside = evcli.home / "outside"
    outside.mkdir()
    (evcli.directory / "bin").symlink_to(outside)
    serve(server, SPECIFICATION)

    result = evcli.run("export-job", "report")

    assert result.status == 1
    assert "outside of the directory" in result.errors[0]
    assert list(outside.iterdir()) == []


def test_a_job_without_steps_is_exported(evcli: Evcli, server: ScriptedServer) -> None:
    serve(server, {"name": "report", "steps": None})

    assert evcli.run("export-job", "report").status == 0
    assert (evcli.directory / "report.yaml").read_text() == "name: report\nsteps: null\n"
