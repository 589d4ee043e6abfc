"""docs/reference/evcli.md says what the program does, and its first ten minutes can be lived through."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from evcli.configuration import ENTRIES
from tests.contract.evcli.scene import Scene
from tests.contract.evcli.test_completion import with_program

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "reference" / "evcli.md"


def test_the_reference_describes_every_command_as_it_is() -> None:
    command = [sys.executable, str(ROOT / "tools" / "evcli_reference.py"), "--check"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_reference_names_every_entry_of_the_configuration() -> None:
    text = DOCUMENT.read_text()

    assert [name for name in ENTRIES if f"\n| `{name}` |" not in text] == []


@pytest.mark.timeout(300)
def test_the_first_ten_minutes_work_as_they_are_written(busy_scene: Scene, tmp_path: Path) -> None:
    section = DOCUMENT.read_text().partition("## The first ten minutes\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    busy_scene.evcli.run("set-config", "api.key", "")

    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "".join(blocks)],
        cwd=busy_scene.directory,
        env=with_program(busy_scene.evcli, tmp_path, {}),
        input="admin\n",
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Hello you!\n") == 2
    assert sorted(path.name for path in busy_scene.directory.glob("exported/*")) == ["hello-world.yaml"]
    assert "deletion cancelled" not in done.stderr
