"""The shell scripts that run on the other machine; any POSIX shell understands them.

The login shell of the user, which may be of another family, only ever sees `exec /bin/sh <path>`; everything else is
in files, and single-quoted (G-30).
"""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from eventline_executor.runners.protocol import RunnerError, RuntimeFile, StepToRun

# Descriptor by which the keeper recognises the processes of the execution, even those without our variables.
_MARK = 9
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+", re.ASCII)
_SHEBANG = re.compile(rb"#![ \t]*([^\s\0]+)")


def quote(text: str) -> str:
    """Quote a text for a POSIX shell: between single quotes nothing has a meaning but the quote itself."""
    return "'" + text.replace("'", "'\\''") + "'"


def command_line(script: str) -> str:
    """Return what the login shell is asked to do."""
    return f"exec /bin/sh {script if _SAFE.fullmatch(script) else quote(script)}"


def keeper_script(directory: str, control: str, *, owner: str) -> str:
    """Return the program that watches over an execution; see `keeper.sh`."""
    names = {"directory": directory, "control": control, "owner": owner}
    settings = "".join(f"{name}={quote(value)}\n" for name, value in names.items())
    return f"#!/bin/sh\n{settings}{_KEEPER}"


def step_script(
    step: StepToRun,
    file: RuntimeFile | None,
    *,
    directory: str,
    control: str,
    complaint: str,
    inline: Mapping[str, str],
) -> str:
    """Return a script that becomes the program of a step.

    Standard error stays free for a complaint, a line that begins with that word, when the program cannot be run; the
    program has standard output twice, so that the order of what it writes is kept.
    """
    program = step.program if step.command is not None else f"{directory}/{step.program}"
    words = [quote(program), *(quote(argument) for argument in step.arguments)]
    return "\n".join(
        (
            "#!/bin/sh",
            f"exec {_MARK}<{quote(f'{control}/mark')} </dev/null",
            f"echo $$ >{quote(f'{control}/leader')}",
            f"refuse() {{ printf '%s %s\\n' {complaint} \"$1\" >&2; exit 127; }}",
            *_exports(inline),
            *_checks(program, file),
            f"exec {' '.join(words)} 2>&1",
            "",
        )
    )


def _exports(variables: Mapping[str, str]) -> Sequence[str]:
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            raise RunnerError(f'cannot set environment variable "{name}": it is not a name that shells accept')
    return [f"export {name}={quote(value)}" for name, value in variables.items()]


def _checks(program: str, file: RuntimeFile | None) -> Sequence[str]:
    """Return tests for what makes `exec` fail, because its own complaint cannot be told from a program's output."""
    name = quote(program)
    if "/" not in program:
        return [f"command -v -- {name} >/dev/null 2>&1 || refuse 'program not found in PATH'"]
    checks = [
        f"[ -e {name} ] || refuse 'no such file or directory'",
        f"[ -f {name} ] && [ -x {name} ] || refuse 'permission denied'",
    ]
    interpreter = _SHEBANG.match(file.content) if file is not None else None
    if interpreter is not None:
        path = quote(interpreter[1].decode(errors="surrogateescape"))
        checks.append(f"[ -e {path} ] || refuse 'no such file or directory: '{path}")
    return checks


_KEEPER = files(__package__).joinpath("keeper.sh").read_text()
