"""Builds the stand-alone executable: evcli and PyYAML in one file that any Python 3.11 or later runs.

    python cli/build_zipapp.py --output dist/evcli
    python cli/build_zipapp.py --release dist/releases

The second form writes the layout that `evcli update` and `install-evcli` read: one asset per platform (all the same
file) with its SHA-256 checksum, and the file `latest`.
"""

import argparse
import hashlib
import importlib.util
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SHEBANG = b"#!/usr/bin/env python3\n"
MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("error: evcli needs Python 3.11 or later")

from evcli.__main__ import main

sys.exit(main())
"""
# The same content gives the same file, whenever it is built.
TIMESTAMP = (2020, 1, 1, 0, 0, 0)
PLATFORMS = tuple(f"{system}-{arch}" for system in ("linux", "freebsd", "darwin") for arch in ("amd64", "arm64"))


def main() -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description="Build the stand-alone evcli executable.")
    parser.add_argument("--output", type=Path, help="the executable to write")
    parser.add_argument("--release", type=Path, help="the directory of a release location to write to")
    options = parser.parse_args()
    if options.output is None and options.release is None:
        parser.error("give --output or --release")
    program = build()
    if options.output is not None:
        write_executable(options.output, program)
    if options.release is not None:
        write_release(options.release, program)
    return 0


def build() -> bytes:
    """Return the executable: modules as source, and compiled for the Python that builds it, which starts faster."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "evcli.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            _add(archive, "__main__.py", MAIN.encode())
            for name, source in _modules():
                _add(archive, name, source.read_bytes())
                _add(archive, f"{name}c", _compile(source, name, Path(directory)))
        return SHEBANG + path.read_bytes()


def write_executable(path: Path, program: bytes) -> None:
    """Write a file that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(program)
    path.chmod(0o755)


def write_release(directory: Path, program: bytes) -> None:
    """Write a release location for the current version."""
    build_id = _build_id()
    checksum = hashlib.sha256(program).hexdigest()
    for platform in PLATFORMS:
        asset = directory / "download" / build_id / f"evcli-{platform}"
        write_executable(asset, program)
        asset.with_name(f"{asset.name}.sha256").write_text(f"{checksum}  {asset.name}\n")
    (directory / "latest").write_text(f"{build_id}\n")


def _modules() -> Iterator[tuple[str, Path]]:
    for package in (ROOT / "evcli", _yaml_directory()):
        for source in sorted(package.rglob("*.py")):
            yield str(Path(package.name) / source.relative_to(package)), source


def _yaml_directory() -> Path:
    specification = importlib.util.find_spec("yaml")
    if specification is None or specification.origin is None:
        sys.exit("PyYAML is not installed: run this with the Python of the development environment")
    return Path(specification.origin).parent


def _compile(source: Path, name: str, directory: Path) -> bytes:
    # Unchecked: what is in the archive cannot change. Another Python version ignores it and reads the source.
    compiled = directory / "module.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), str(compiled), dfile=name, doraise=True, invalidation_mode=mode)
    return compiled.read_bytes()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, TIMESTAMP)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _build_id() -> str:
    names: dict[str, str] = {}
    exec((ROOT / "evcli" / "version.py").read_text(), names)  # noqa: S102 - our own two constants
    return names["BUILD_ID"]


if __name__ == "__main__":
    sys.exit(main())
