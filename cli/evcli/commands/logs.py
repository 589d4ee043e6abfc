"""`logs`: the output of the steps of a job execution, byte for byte."""

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


COMMANDS = (
    Command(
        "logs",
        "print the output of the steps of a job execution",
        _logs,
        options=(
            Option("follow", "go on until the end of the execution", short="f"),
            Option("step", "only print the output of this step, counted from 1", short="s", value="number"),
        ),
        arguments=(Argument("job-execution-id", "the identifier of the job execution"),),
    ),
)
