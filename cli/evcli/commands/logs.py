"""The output of the steps of a job execution, byte for byte: `logs` prints it, `export-logs` writes it to files."""

import os
import shutil
from pathlib import Path

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.command import Command
from evcli.errors import EvcliError
from evcli.sse import follow
from evcli.step_output import StepPrinter
from evcli.waiting import interruptible


def _logs(call: Call) -> None:
    id = call.arguments[0]
    printer = StepPrinter(call.terminal, only_position=call.options.integer("step", least=1, default=0))
    if not call.options.flag("follow"):
        return _print_stored(call, id, printer)
    try:
        with interruptible():
            for event in follow(call.api, "job_executions", "id", id, "follow"):
                printer.see(event)
    except KeyboardInterrupt:
        call.terminal.info(f"not following any longer; job execution {id} goes on")
    return None


def _print_stored(call: Call, id: str, printer: StepPrinter) -> None:
    steps = call.api.get("job_executions", "id", id, "steps")["elements"]
    wanted = [step for step in steps if printer.wants(step)]
    if printer.only_position and not wanted:
        raise EvcliError(f"the job execution has no step {printer.only_position}; it has {len(steps)}")
    for step in wanted:
        if step.get("status") == "created":
            continue
        printer.see_step({**step, "end_time": None})
        printer.print_all(call.api, step)
        printer.see_step(step)


def _export(call: Call) -> None:
    id = call.arguments[0]
    directory = Path(call.options.text("directory") or ".")
    steps = call.api.get("job_executions", "id", id, "steps")["elements"]
    begun = [step for step in steps if step.get("status") != "created"]
    for step in begun:
        path = directory / f"job-execution-{id.replace(os.sep, '-')}-step-{int(step['position']):03}.log"
        try:
            _download(call, str(step["id"]), path)
        except OSError as error:
            raise EvcliError(f'cannot write "{path}": {error.strerror or error}') from error
        call.terminal.info(f"output of step {step['position']} written to {path}")
    if not begun:
        call.terminal.info("no step has begun")


def _download(call: Call, id: str, path: Path) -> None:
    with call.api.open_stream("step_executions", "id", id, "log_file", headers={}) as response, path.open("wb") as file:
        shutil.copyfileobj(response, file)


_ID = Argument("job-execution-id", "the identifier of the job execution")

COMMANDS = (
    Command(
        "export-logs",
        "write the output of the steps of a job execution to files, one per step",
        _export,
        options=(
            Option("directory", "the directory to write to, the current one by default", short="d", value="path"),
        ),
        arguments=(_ID,),
    ),
    Command(
        "logs",
        "print the output of the steps of a job execution",
        _logs,
        options=(
            Option("follow", "go on until the end of the execution", short="f"),
            Option("step", "only print the output of this step, counted from 1", short="s", value="number"),
        ),
        arguments=(_ID,),
    ),
)
