"""Compiles the programs that the kubernetes runner brings into its containers, and keeps the bytes in the repository.

Needs `gcc` and `binutils` for both machines: apt install gcc gcc-x86-64-linux-gnu gcc-aarch64-linux-gnu
"""

import base64
import hashlib
import subprocess
import tempfile
import textwrap
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "services/executor/eventline_executor/runners/kubernetes/programs"
SOURCE = FOLDER / "programs.c"
RESULT = FOLDER / "compiled.py"
COMPILERS = {"amd64": "x86_64-linux-gnu-", "arm64": "aarch64-linux-gnu-"}

# The code begins behind the headers that `elf.py` writes, and nothing in it may be written to.
LAYOUT = """SECTIONS {
  . = 0x400078;
  .text : { *(.text.first) *(.text*) *(.rodata*) }
  /DISCARD/ : { *(.note*) *(.comment) *(.eh_frame*) }
  .refused : { *(.data*) *(.bss*) }
  ASSERT(SIZEOF(.refused) == 0, "programs.c has variables outside of functions")
}"""
OPTIONS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Os",
    "-std=gnu11",
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-pic",
    "-no-pie",
    "-fno-tree-loop-distribute-patterns",
    "-nostdlib",
    "-static",
    "-Wl,--build-id=none",
    "-Wl,-z,noexecstack",
]

HEAD = '''"""The bytes of `programs.c` for each machine, made by `make programs`: do not edit."""

from collections.abc import Mapping

# SHA-256 of the source that they were made of.
SOURCE = "{source}"

# Base64 of the code for the architecture that Kubernetes calls so.
CODE: Mapping[str, str] = {{
{entries}}}
'''


def compiled(prefix: str) -> bytes:
    """Return the machine code of the programs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layout, linked, code = folder / "layout", folder / "linked", folder / "code"
        layout.write_text(LAYOUT)
        subprocess.run([f"{prefix}gcc", *OPTIONS, f"-Wl,-T,{layout}", SOURCE, "-o", linked], check=True)
        subprocess.run([f"{prefix}objcopy", "-O", "binary", linked, code], check=True)
        return code.read_bytes()


def entry(architecture: str, code: bytes) -> str:
    lines = "\n".join(f'        "{line}"' for line in textwrap.wrap(base64.b64encode(code).decode(), 100))
    return f'    "{architecture}": (\n{lines}\n    ),\n'


def main() -> None:
    entries = "".join(entry(name, compiled(prefix)) for name, prefix in COMPILERS.items())
    source = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    RESULT.write_text(HEAD.format(source=source, entries=entries))


if __name__ == "__main__":
    main()
