"""`deploy-job` and `deploy-jobs`: specifications from files, all or none (contract evcli, section 8)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evcli.arguments import Argument, Option, Presence
from evcli.call import Call
from evcli.command import Command
from evcli.errors import ApiError, EvcliError
from evcli.job_files import JobFile, check_job_name, find_job_files, load_job_file

_DRY_RUN = Option("dry-run", "validate jobs without deploying them", short="n")


def _deploy_one(call: Call) -> None:
    file = load_job_file(Path(call.arguments[0]))
    name = check_job_name(file)
    dry_run = call.options.flag("dry-run")
    try:
        job = call.api.put("jobs", "name", name, body=file.specification, query=_query(dry_run))
    except ApiError as error:
        problems = [f"{file.path}: {_problem(each.get('pointer'), each)}" for each in error.validation_errors]
        raise _refusal(error, "the job is invalid" if dry_run else "the job cannot be deployed", problems) from error
    call.terminal.info(f'job "{name}" is valid' if dry_run else f"job {job['id']} deployed")


def _deploy_many(call: Call) -> None:
    paths = find_job_files(call.arguments, recursive=call.options.flag("recursive"))
    files = [load_job_file(path) for path in paths]
    dry_run = call.options.flag("dry-run")
    call.terminal.info(f"{'validating' if dry_run else 'deploying'} {_count(len(files))}")
    try:
        call.api.put("jobs", body=[file.specification for file in files], query=_query(dry_run))
    except ApiError as error:
        problems = [_problem_in(files, each) for each in error.validation_errors]
        title = "the jobs are invalid" if dry_run else "the jobs cannot be deployed"
        raise _refusal(error, title, problems) from error
    verb = "validated" if dry_run else "deployed"
    call.terminal.info(f"{_count(len(files))} {verb}")


def _query(dry_run: bool) -> Sequence[tuple[str, str]]:
    return (("dry-run", ""),) if dry_run else ()


def _refusal(error: ApiError, title: str, problems: Sequence[str]) -> EvcliError:
    # Servers that list no problems put them all into the text.
    return EvcliError(title, *problems) if problems else error


def _problem(pointer: object, problem: Any) -> str:
    message = problem.get("message", "")
    return f"{pointer}: {message}" if pointer else str(message)


def _problem_in(files: Sequence[JobFile], problem: Any) -> str:
    """The first token of a pointer is the position of the job in the request."""
    pointer = str(problem.get("pointer", ""))
    position, _, rest = pointer.removeprefix("/").partition("/")
    if not (position.isascii() and position.isdigit() and int(position) < len(files)):
        return _problem(pointer, problem)
    return f"{files[int(position)].path}: {_problem(f'/{rest}' if rest else '', problem)}"


def _count(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


COMMANDS = (
    Command(
        "deploy-job",
        "deploy a job file",
        _deploy_one,
        options=(_DRY_RUN,),
        arguments=(Argument("path", "the path of the job file", completes="files"),),
    ),
    Command(
        "deploy-jobs",
        "deploy job files and the job files in directories: either all of them or none",
        _deploy_many,
        options=(_DRY_RUN, Option("recursive", "also load the files in nested directories", short="r")),
        arguments=(Argument("path", "the path of a job file or directory", Presence.REPEATED, completes="files"),),
    ),
)
