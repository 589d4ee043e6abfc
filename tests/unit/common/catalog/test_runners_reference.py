"""The reference of runners names every parameter, identity and setting, and its guide has only jobs that are right."""

import re
from pathlib import Path

import pytest

from eventline_common.catalog.runners import (
    ARCHITECTURES,
    DEFAULT_POD_USER,
    HOST_KEY_ALGORITHMS,
    POD_SECURITIES,
    PULL_POLICIES,
    RUNNERS,
    SSH_ENVIRONMENTS,
)
from eventline_common.domain.job_spec import decode_job_spec
from eventline_common.domain.validation import DecodeError

DOCS = Path(__file__).parents[4] / "docs"
REFERENCE = (DOCS / "reference" / "runners.md").read_text()
SETTINGS = (DOCS / "reference" / "settings.md").read_text()
GUIDE = (DOCS / "guides" / "runners.md").read_text()
PARAMETER = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", re.MULTILINE)
SETTING = re.compile(r"^\| `runners\..*$", re.MULTILINE)

VALUES = {
    ("docker", "pull_policy"): PULL_POLICIES,
    ("kubernetes", "pull_policy"): PULL_POLICIES,
    ("kubernetes", "pod_security"): POD_SECURITIES,
    ("kubernetes", "architecture"): ARCHITECTURES,
    ("ssh", "environment"): SSH_ENVIRONMENTS,
    ("ssh", "host_key_algorithm"): HOST_KEY_ALGORITHMS,
}
DEFAULTS = {
    ("docker", "pull_policy"): "always",
    ("kubernetes", "pull_policy"): "always",
    ("kubernetes", "pod_security"): "restricted",
    ("kubernetes", "run_as_user"): str(DEFAULT_POD_USER),
    ("ssh", "port"): "22",
    ("ssh", "user"): "root",
    ("ssh", "environment"): "env",
}


def section(runner: str) -> str:
    found = REFERENCE.partition(f"\n## {runner}\n")[2].partition("\n## ")[0]
    assert found, f"docs/reference/runners.md has no section for {runner}"
    return found


def rows(runner: str) -> list[tuple[str, str, str, str]]:
    return PARAMETER.findall(section(runner))


def known_parameters(runner: str) -> list[str]:
    """The parameters that a runner takes, as it tells somebody who gives it another one."""
    document = {"name": "j", "steps": [{"code": "x"}], "runner": {"name": runner, "parameters": {"no_such": 1}}}
    with pytest.raises(DecodeError) as raised:
        decode_job_spec(document, allowed_runners=tuple(RUNNERS))
    return [name for name in str(raised.value).partition("known members: ")[2].split(", ") if name]


@pytest.mark.parametrize("runner", RUNNERS)
def test_every_parameter_is_documented(runner: str) -> None:
    assert sorted(row[0] for row in rows(runner)) == sorted(known_parameters(runner))


@pytest.mark.parametrize(("runner", "name"), VALUES)
def test_the_values_of_a_parameter_are_documented(runner: str, name: str) -> None:
    [meaning] = [row[3] for row in rows(runner) if row[0] == name]

    assert [value for value in VALUES[runner, name] if f"`{value}`" not in meaning] == []


@pytest.mark.parametrize(("runner", "name"), DEFAULTS)
def test_the_default_of_a_parameter_is_documented(runner: str, name: str) -> None:
    [default] = [row[2] for row in rows(runner) if row[0] == name]

    assert default == f"`{DEFAULTS[runner, name]}`"


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_identities_of_a_runner_are_documented(runner: str) -> None:
    line = next(line for line in section(runner).splitlines() if line.startswith("Identities: "))

    assert re.findall(r"`([^`]+)`", line) == list(RUNNERS[runner].identity_types)


def test_the_settings_are_those_of_the_reference_of_settings() -> None:
    assert SETTING.findall(REFERENCE) == SETTING.findall(SETTINGS)


def test_the_guide_has_a_column_and_an_example_for_each_runner() -> None:
    for runner in RUNNERS:
        assert f"\n## {runner}\n" in GUIDE
        example = GUIDE.partition(f"\n## {runner}\n")[2].partition("\n## ")[0]
        assert "steps:" in example
