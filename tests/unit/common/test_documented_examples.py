"""Job files and configurations in the documentation are right: whoever copies one can use it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventline_common.catalog.runners import RUNNERS
from eventline_common.domain.job_spec import decode_job_spec
from eventline_common.settings import Settings
from tests.unit.common.settings.test_settings import Load, load

__all__ = ["load"]

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"])
BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SETTINGS = frozenset(Settings.__dataclass_fields__)


def examples() -> dict[str, Any]:
    """The content of each block, by page and number; templates (`{{ … }}`) are tested with the settings."""
    found = {}
    for page in PAGES:
        for number, text in enumerate(BLOCK.findall(page.read_text()), 1):
            if "{{" in text:
                continue
            found[f"{page.name} {number}"] = yaml.safe_load(text)
    return found


EXAMPLES = examples()
JOBS = {
    place: block
    for place, block in EXAMPLES.items()
    if isinstance(block, Mapping) and {"name", "steps"} <= block.keys()
}
CONFIGURATIONS = {
    place: block for place, block in EXAMPLES.items() if isinstance(block, Mapping) and block.keys() <= SETTINGS
}


def test_examples_are_found() -> None:
    assert "runners.md 1" in JOBS
    assert "runners.md 2" in CONFIGURATIONS


@pytest.mark.parametrize("place", JOBS)
def test_a_job_file_is_right(place: str) -> None:
    _, errors = decode_job_spec(JOBS[place], allowed_runners=tuple(RUNNERS))

    assert [(error.pointer, error.message) for error in errors] == []


@pytest.mark.parametrize("place", CONFIGURATIONS)
def test_a_configuration_is_right(load: Load, place: str) -> None:
    load(yaml.safe_dump(dict(CONFIGURATIONS[place])))
