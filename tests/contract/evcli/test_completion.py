"""Completion in real shells, names from a real server included."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from evcli.completions import SHELLS
from eventline_common.testing.evcli import Evcli
from tests.contract.evcli.scene import Scene, a_file, a_job, an_identity

# What stands on the command line, what is being completed last; and what is proposed.
CASES: Sequence[tuple[tuple[str, ...], set[str]]] = (
    (("deploy-j",), {"deploy-job", "deploy-jobs"}),
    (("-q", "deploy-jobs", "--dr"), {"--dry-run"}),
    (("deploy-jobs", "--proj"), {"--project", "--project-id", "--project-name"}),
    (("delete-job", "he"), {"hello", "help-me"}),
    (("rename-job", "hello", "he"), set()),
    (("-p", "{project}", "describe-identity", ""), {"token"}),
    (("list-jobs", "-p", "{project}"), {"{project}"}),
    (("list-jobs", "--output", ""), {"json", "table", "yaml"}),
    (("help", "describe-ap"), {"describe-api"}),
    (("get-config", "interface."), {"interface.color"}),
    (("completion", ""), set(SHELLS)),
    (("deploy-job", "hello.y"), {"hello.yaml"}),
)
BASH = """
source ./script
COMP_WORDS=(evcli "$@"); COMP_CWORD=$#
_evcli
printf '%s\\n' "${COMPREPLY[@]}"
"""
# Without a terminal zsh has no completion system: its parts are replaced by ones that print.
ZSH = """
compdef() { :; }
compadd() { shift; for each in "$@"; do [[ "$each" == "$words[CURRENT]"* ]] && print -r -- "$each"; done; true }
_describe() { for each in $commands; do [[ "$each" == "$words[CURRENT]"* ]] && print -r -- "${each%%:*}"; done; true }
_files() { print -rl -- "$words[CURRENT]"*(N) }
words=(evcli "$@"); CURRENT=$#words
source ./script
_evcli
"""
FISH = """
source ./script
complete --do-complete (string join ' ' -- evcli $argv) | string split -f1 \\t
"""


@pytest.fixture
def shell_environment(scene: Scene, tmp_path: Path) -> Mapping[str, str]:
    """An environment in which `evcli` is a program, and a project with something to propose."""
    for given in (a_job("hello"), a_job("help-me"), a_job("other"), an_identity(), a_file("hello.yaml", "")):
        given(scene)
    return with_program(scene.evcli, tmp_path, scene.environment({}))


def with_program(evcli: Evcli, directory: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Put a program `evcli` into the PATH of an environment."""
    program = directory / "bin" / "evcli"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m evcli "$@"\n')
    program.chmod(0o755)
    complete = evcli.environment(environment)
    return {**complete, "PATH": f"{program.parent}{os.pathsep}{complete['PATH']}"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_and_names(
    scene: Scene, shell_environment: Mapping[str, str], shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"install the package {shell}")
    scene.write("script", scene.evcli.run("completion", shell).stdout)
    for words, expected in CASES:
        if shell == "fish" and words[0] == "rename-job":
            # fish knows the command, not the place of the argument.
            continue
        line = tuple(word.format_map(scene.names) for word in words)
        proposed = complete(shell, line, scene.directory, shell_environment)
        assert proposed == {word.format_map(scene.names) for word in expected}, (shell, line)


def complete(shell: str, words: tuple[str, ...], directory: Path, environment: Mapping[str, str]) -> set[str]:
    """Return what a shell proposes for the last word."""
    command = {
        "bash": ["bash", "--norc", "-c", BASH, "bash", *words],
        "zsh": ["zsh", "-f", "-c", ZSH, "zsh", *words],
        "fish": ["fish", "--no-config", "-c", FISH, "--", *words],
    }[shell]
    done = subprocess.run(
        command, cwd=directory, env=dict(environment), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == "", (shell, words)
    return set(done.stdout.split())
