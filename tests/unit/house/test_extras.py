"""Each service can be installed alone: what it imports, directly or through ours, is in its extra."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
EXTRAS: Mapping[str, str] = {
    "api": "eventline_api",
    "web": "eventline_web",
    "connectors": "eventline_connectors",
    "scheduler": "eventline_scheduler",
    "executor": "eventline_executor",
    "notifier": "eventline_notifier",
    "standalone": "eventline_standalone",
    "evcli": "evcli",
}
# What a module needs without importing it where it could be seen.
HIDDEN: Mapping[str, str] = {"sqlalchemy.ext.asyncio": "greenlet"}
OURS = {"eventline_common", *EXTRAS.values()}
FOLDERS = {
    path.name: path
    for path in [*ROOT.glob("libs/*/*"), *ROOT.glob("services/*/*"), *ROOT.glob("cli/*")]
    if path.is_dir()
}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def modules() -> Mapping[str, Path]:
    """Return every module of ours by its full name."""
    found = {}
    for package in OURS:
        for path in FOLDERS[package].rglob("*.py"):
            parts = path.relative_to(FOLDERS[package].parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk over everything that may run, which leaves out what is imported for types only."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not is_for_types(child):
            yield from statements(child)


@cache
def imports(module: str) -> frozenset[str]:
    """Return the full names that a module imports, as far as they can be told from its text."""
    path = modules()[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in statements(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or "" if node.level == 0 else f"{package}.{node.module or ''}".rstrip(".")
            found.update({base, *(f"{base}.{alias.name}" for alias in node.names)})
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in modules():
            found.add(node.value)  # registries name modules that they import when needed
    return frozenset(found)


def foreign_imports(package: str) -> Mapping[str, str]:
    """Return the foreign top-level modules that a package reaches, each with the module of ours that imports it."""
    seen: set[str] = set()
    waiting = [module for module in modules() if module.split(".")[0] == package]
    foreign: dict[str, str] = {}
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        for name in imports(module):
            top = name.split(".")[0]
            if name in HIDDEN:
                foreign[HIDDEN[name]] = module
            if top not in OURS:
                foreign.setdefault(top, module)
                continue
            parts = name.split(".")
            waiting += [".".join(parts[:n]) for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in modules()]
    return {top: module for top, module in foreign.items() if top not in sys.stdlib_module_names}


def installed_with(requirement: Requirement, seen: set[str]) -> None:
    """Add the distributions that installing a requirement brings."""
    key = f"{normalized(requirement.name)}[{','.join(sorted(requirement.extras))}]"
    if key in seen or (requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})):
        return
    seen.update({key, normalized(requirement.name)})
    try:
        needed = requires(requirement.name) or []
    except PackageNotFoundError:
        return
    for text in needed:
        inner = Requirement(text)
        extras = ["", *requirement.extras]
        if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
            inner.marker = None
            installed_with(inner, seen)


def extra_closure(extra: str) -> set[str]:
    """Return the distributions that `pip install eventline[<extra>]` brings."""
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    seen: set[str] = set()
    waiting = list(optional[extra])
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.name == "eventline":
            waiting += [each for name in requirement.extras for each in optional[name]]
        else:
            installed_with(requirement, seen)
    return seen


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_brings_everything_that_its_service_imports(extra: str) -> None:
    distributions = packages_distributions()
    brought = extra_closure(extra)

    lacking = {
        f"{top} (imported by {module})"
        for top, module in foreign_imports(EXTRAS[extra]).items()
        if not {normalized(name) for name in distributions.get(top, [top])} & brought
    }

    assert lacking == set()


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_has_an_entry_point(extra: str) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert f"{EXTRAS[extra]}.__main__:main" in scripts.values()
