"""`export-job`: a job as a file that can be deployed again."""

from pathlib import Path

from evcli.arguments import Option
from evcli.call import Call
from evcli.command import Command
from evcli.commands.lookup import JOB_NAME, job_by_name
from evcli.export import export_job


def _export(call: Call) -> None:
    job = job_by_name(call, call.arguments[0])
    path = export_job(job["spec"], Path(call.options.text("directory") or "."))
    call.terminal.info(f"job {job['id']} exported to {path}")


COMMANDS = (
    Command(
        "export-job",
        "export a job to a file",
        _export,
        options=(
            Option("directory", "the directory to write to, the current one by default", short="d", value="path"),
        ),
        arguments=(JOB_NAME,),
    ),
)
