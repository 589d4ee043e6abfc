"""The update check, `update` and the stand-alone executable (contract evcli, section 9; G-49)."""

import hashlib
import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest

from evcli.build_ids import is_newer, parse_build_id
from evcli.errors import EvcliError
from evcli.releases import asset_name
from evcli.terminal import Terminal
from evcli.update_check import UpdateCheck
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

CLI = Path(__file__).parents[3] / "cli"
ASSET = f"/releases/download/v9.0.0/{asset_name()}"
PROGRAM = b"#!/bin/sh\necho new\n"


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-alone executable, as `make evcli` builds it."""
    path = tmp_path_factory.mktemp("build") / "evcli"
    subprocess.run([sys.executable, str(CLI / "build_zipapp.py"), "--output", str(path)], check=True)
    return path


@pytest.fixture
def installed(executable: Path, evcli: Evcli) -> Path:
    """A copy of the executable that may be replaced."""
    path = evcli.directory / "evcli"
    path.write_bytes(executable.read_bytes())
    path.chmod(0o755)
    return path


@pytest.fixture
def release(server: ScriptedServer) -> str:
    """A location with the release v9.0.0."""
    server.on_body("GET", "/releases/latest", 302, b"", {"Location": "/releases/tag/v9.0.0"})
    server.on_body("GET", ASSET, 200, PROGRAM)
    server.on_body("GET", f"{ASSET}.sha256", 200, f"{hashlib.sha256(PROGRAM).hexdigest()}  {asset_name()}\n".encode())
    return f"{server.uri}/releases/"


def run_installed(evcli: Evcli, program: Path, uri: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = evcli.environment({"EVCLI_RELEASE_URI": uri})
    return subprocess.run(
        [str(program), *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def last_check(evcli: Evcli) -> Path:
    return evcli.home / ".evcli" / "last-build-id-check"


def enable_check(evcli: Evcli, server: ScriptedServer) -> None:
    evcli.run("set-config", "misc.disable_update_check", "false")
    server.on("GET", "/projects", {"elements": []})


@pytest.mark.parametrize(
    ("build_id", "other", "newer"),
    [
        ("v2.0.1", "v2.0.0", True),
        ("v2.0.0", "v2.0.0", False),
        ("v10.0.0", "v9.0.0", True),
        ("v2.0.0-3-abc", "v2.0.0", True),
        ("v2.0.0-3-abc", "v2.0.0-12-abc", False),
        ("v1.1.2", "v2.0.0", False),
    ],
)
def test_build_ids_are_compared_by_their_numbers(build_id: str, other: str, newer: bool) -> None:
    assert is_newer(build_id, other) is newer


@pytest.mark.parametrize("text", ["2.0.0", "v2.0", "v2.0.0-1", "latest", "v2.0.0\n"])
def test_what_is_no_build_id_is_refused(text: str) -> None:
    with pytest.raises(EvcliError, match="invalid build id"):
        parse_build_id(text)


def test_a_newer_release_is_recommended_once_a_day(evcli: Evcli, server: ScriptedServer, release: str) -> None:
    enable_check(evcli, server)

    first = evcli.run("list-projects", env={"EVCLI_RELEASE_URI": release})
    second = evcli.run("list-projects", env={"EVCLI_RELEASE_URI": release})

    assert 'evcli v9.0.0 is available (this is v2.0.0); run "evcli update" to install it' in first.stderr
    assert "v9.0.0" not in second.stderr
    assert (first.status, len(server.received("GET", "/releases/latest"))) == (0, 1)
    assert abs(int(last_check(evcli).read_text()) - time.time()) < 60
    assert last_check(evcli).stat().st_mode & 0o777 == 0o600


def test_a_day_later_the_check_is_made_again(evcli: Evcli, server: ScriptedServer, release: str) -> None:
    enable_check(evcli, server)
    last_check(evcli).write_text(f"{int(time.time()) - 24 * 3600 - 1}\n")

    assert "v9.0.0" in evcli.run("list-projects", env={"EVCLI_RELEASE_URI": release}).stderr


def test_an_old_release_and_a_disabled_check_say_nothing(evcli: Evcli, server: ScriptedServer, release: str) -> None:
    disabled = evcli.run("list-projects", env={"EVCLI_RELEASE_URI": release})
    enable_check(evcli, server)
    server.on_body("GET", "/releases/latest", 200, b"v1.1.2\n")
    old = evcli.run("list-projects", env={"EVCLI_RELEASE_URI": release})

    assert "available" not in disabled.stderr + old.stderr


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "nonsense", "http://[", "ftp://x"])
def test_a_check_that_fails_is_quiet(evcli: Evcli, server: ScriptedServer, uri: str) -> None:
    enable_check(evcli, server)

    result = evcli.run("list-projects", env={"EVCLI_RELEASE_URI": uri})

    assert (result.status, result.stderr) == (0, "ID  NAME\n")


def test_a_check_without_an_answer_does_not_hold_up_the_command(tmp_path: Path) -> None:
    answered = threading.Event()
    check = UpdateCheck(tmp_path / "last", thread=threading.Thread(target=answered.wait, daemon=True))
    assert check.thread is not None
    check.thread.start()

    check.report(Terminal(stdout=BytesIO(), stderr=(stderr := BytesIO()), stdin=BytesIO()))

    assert (check.thread.is_alive(), stderr.getvalue()) == (True, b"")
    answered.set()


@pytest.mark.parametrize("command", ["version", "help", "show-config"])
def test_a_command_without_a_server_does_not_look_for_a_release(
    evcli: Evcli, server: ScriptedServer, release: str, command: str
) -> None:
    enable_check(evcli, server)

    assert evcli.run(command, env={"EVCLI_RELEASE_URI": release}).status == 0

    assert server.received("GET", "/releases/latest") == []


def test_make_builds_the_executable() -> None:
    make = ["make", "-n", "--no-print-directory", "evcli"]
    done = subprocess.run(make, cwd=CLI.parent, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == ".venv/bin/python cli/build_zipapp.py --output dist/evcli"


def test_the_executable_runs_and_reads_yaml_without_any_package(
    installed: Path, evcli: Evcli, server: ScriptedServer
) -> None:
    (evcli.directory / "x.yaml").write_text("name: x\nsteps: [{code: ls}]\n")
    server.on("PUT", "/jobs/name/x", {"id": "1"})

    command = [sys.executable, "-I", "-S", str(installed), "deploy-job", "x.yaml"]
    done = subprocess.run(
        command, cwd=evcli.directory, env=evcli.environment({}), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "job 1 deployed\n")


def test_the_executable_replaces_itself_by_the_verified_release(installed: Path, evcli: Evcli, release: str) -> None:
    link = evcli.directory / "link"
    link.symlink_to(installed)

    done = run_installed(evcli, link, release, "update")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "downloading evcli v9.0.0\nevcli updated from v2.0.0 to v9.0.0\n"
    assert installed.read_bytes() == PROGRAM
    assert installed.stat().st_mode & 0o777 == 0o755
    assert link.is_symlink()


def test_a_chosen_build_is_installed_even_if_it_is_older(
    installed: Path, evcli: Evcli, server: ScriptedServer, release: str
) -> None:
    old = f"/releases/download/v1.9.0/{asset_name()}"
    server.on_body("GET", old, 200, PROGRAM)
    server.on_body("GET", f"{old}.sha256", 200, hashlib.sha256(PROGRAM).hexdigest().encode())

    assert run_installed(evcli, installed, release, "update", "-i", "v1.9.0").returncode == 0
    assert installed.read_bytes() == PROGRAM


@pytest.mark.parametrize(("status", "checksum"), [(200, b"0" * 64), (200, b"nothing"), (404, b"")])
def test_a_release_that_cannot_be_verified_is_not_installed(
    installed: Path, evcli: Evcli, server: ScriptedServer, release: str, status: int, checksum: bytes
) -> None:
    server.on_body("GET", f"{ASSET}.sha256", status, checksum)
    before = installed.read_bytes()

    done = run_installed(evcli, installed, release, "update")

    assert done.returncode == 1
    assert "error: " in done.stderr
    assert installed.read_bytes() == before
    assert sorted(path.name for path in evcli.directory.iterdir()) == ["evcli"]


def test_an_executable_that_is_up_to_date_stays(
    installed: Path, evcli: Evcli, server: ScriptedServer, release: str
) -> None:
    server.on_body("GET", "/releases/latest", 200, b"v2.0.0")

    done = run_installed(evcli, installed, release, "update")

    assert (done.returncode, done.stderr) == (0, "evcli v2.0.0 is up to date\n")


def test_an_installed_package_is_left_to_its_installer(evcli: Evcli, release: str) -> None:
    result = evcli.run("update", env={"EVCLI_RELEASE_URI": release})

    assert result.status == 1
    assert "update it with the package installer" in result.errors[0]


def test_the_installation_script_installs_the_verified_executable(evcli: Evcli, release: str) -> None:
    target = evcli.directory / "bin"

    done = install(evcli, release, target)

    assert (done.returncode, (target / "evcli").read_bytes()) == (0, PROGRAM)
    assert (target / "evcli").stat().st_mode & 0o777 == 0o755


def test_the_installation_script_refuses_a_wrong_checksum(evcli: Evcli, server: ScriptedServer, release: str) -> None:
    server.on_body("GET", f"{ASSET}.sha256", 200, b"0" * 64)
    target = evcli.directory / "bin"

    done = install(evcli, release, target)

    assert done.returncode == 1
    assert "checksum" in done.stderr
    assert not (target / "evcli").exists()


def install(evcli: Evcli, uri: str, target: Path) -> subprocess.CompletedProcess[str]:
    environment = evcli.environment({"EVCLI_RELEASE_URI": uri, "EVCLI_INSTALL_DIRECTORY": str(target)})
    script = (CLI / "install-evcli").read_text()
    return subprocess.run(
        ["sh", "-"], input=script, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
