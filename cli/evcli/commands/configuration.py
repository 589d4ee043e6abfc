"""The configuration file: reading and changing its entries."""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.configuration import Configuration, get_entry, list_entries, save_configuration, set_entry
from evcli.errors import EvcliError
from evcli.table import print_table

_NAME = Argument("name", "the name of the entry", completes="entries")


def save(call: Call, configuration: Configuration) -> None:
    """Write the configuration of the user; raise EvcliError if there is no place for it."""
    if call.configuration_path is None:
        raise EvcliError("cannot write the configuration: set HOME or EVCLI_CONFIG_PATH")
    save_configuration(configuration, call.configuration_path)


def show_value(call: Call, value: object) -> bool:
    """Print a value as JSON or YAML if that is wanted; say whether it was. Nothing is imported if it is not."""
    if call.options.text("output") in {None, "table"}:
        return False
    from evcli.output import show_document

    return show_document(call, value)


def _get(call: Call) -> None:
    value = get_entry(call.configuration, call.arguments[0])
    if not show_value(call, value):
        call.terminal.data(value)


def _set(call: Call) -> None:
    save(call, set_entry(call.configuration, *call.arguments))


def _show(call: Call) -> None:
    from evcli.output import show_document

    # Scripts get the key, people looking over a shoulder do not (G-94).
    terminal = call.terminal
    configuration = call.configuration.masked() if terminal.stdout.isatty() else call.configuration
    entries = call.options.flag("entries") or call.options.text("output") == "table"
    if entries and call.options.text("output") in {None, "table"}:
        print_table(terminal, ("name", "value"), list_entries(configuration))
        return
    document = dict(list_entries(configuration)) if entries else configuration.to_object()
    show_document(call, document, default="json")


COMMANDS = (
    Command(
        "get-config",
        "print the value of a configuration entry",
        _get,
        options=(OUTPUT,),
        arguments=(_NAME,),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
    Command(
        "set-config",
        "set the value of a configuration entry",
        _set,
        arguments=(_NAME, Argument("value", "the value of the entry")),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
        options_end_at_argument=True,
    ),
    Command(
        "show-config",
        "print the configuration",
        _show,
        options=(Option("entries", "print the entries as a table", short="e"), OUTPUT),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
)
