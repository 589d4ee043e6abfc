"""Completion scripts: static texts made of the commands; only names on the server are asked for, when needed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from evcli.arguments import GLOBAL_OPTIONS, Argument, Option, Presence
from evcli.command import Command
from evcli.commands.names import KINDS
from evcli.configuration import ENTRIES

Commands = Sequence[Command]
SHELLS = ("bash", "fish", "zsh")
# The options that say which project names belong to are passed on when names are asked for.
_PROJECT_OPTIONS = "-p|--project|--project-name|--project-id"


def bash_completion(commands: Commands) -> str:
    """Return the script for bash."""
    options = _lines(f"{c.name}) options={_quoted(_words(c.options))} ;;" for c in commands if c.options)
    return f"""# bash completion for evcli; load it with: source <(evcli completion bash)
_evcli() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="" options="" kind="" words="" count=0 index word
    local -a project=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        word="${{COMP_WORDS[index]}}"
        case "$word" in
            {_PROJECT_OPTIONS}) index=$((index + 1)); project=("$word" "${{COMP_WORDS[index]}}") ;;
            --debug) index=$((index + 1)) ;;
            -*) ;;
            *) if [ -z "$command" ]; then command="$word"; else count=$((count + 1)); fi ;;
        esac
    done
    case "$command" in
        "") options={_quoted(" ".join(command.name for command in commands))} ;;
        {options}
    esac
    case "$command:$count" in
        {_lines(f"{pattern}) kind={kind} ;;" for pattern, kind in _kinds(commands))}
    esac
    case "$command $previous" in
        {_lines(f"{pattern}) kind={kind} ;;" for pattern, kind in _value_kinds(commands))}
        {_lines(f"{pattern}) kind=words words={_quoted(words)} ;;" for pattern, words in _choices(commands))}
    esac
    case "$current" in -*) kind=options ;; esac
    case "$kind" in
        files) COMPREPLY=($(compgen -f -- "$current")); return ;;
        options) words="$options {_words(GLOBAL_OPTIONS)}" ;;
        {_lines(f"{kind}) words={_quoted(words)} ;;" for kind, words in _static(commands))}
        {"|".join(KINDS)}) words="$(evcli "${{project[@]}}" list-names "$kind" 2>/dev/null)" ;;
    esac
    [ -n "$command" ] || words="$options {_words(GLOBAL_OPTIONS)} $words"
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o filenames -F _evcli evcli"""


def zsh_completion(commands: Commands) -> str:
    """Return the script for zsh."""
    described = _lines(_quoted(f"{c.name}:{c.description}") for c in commands)
    options = _lines(f"{c.name}) options=({_words(c.options)}) ;;" for c in commands if c.options)
    return f"""#compdef evcli
# zsh completion for evcli; load it with: source <(evcli completion zsh)
_evcli() {{
    local -a commands options names project
    local command kind word previous="$words[CURRENT-1]" index count=0
    commands=(
        {described}
    )
    for ((index = 2; index < CURRENT; index++)); do
        word="$words[index]"
        case "$word" in
            {_PROJECT_OPTIONS}) index=$((index + 1)); project=("$word" "$words[index]") ;;
            --debug) index=$((index + 1)) ;;
            -*) ;;
            *) if [[ -z "$command" ]]; then command="$word"; else count=$((count + 1)); fi ;;
        esac
    done
    case "$command" in
        {options}
    esac
    case "$command:$count" in
        {_lines(f"{pattern}) kind={kind} ;;" for pattern, kind in _kinds(commands))}
    esac
    case "$command $previous" in
        {_lines(f"{pattern}) kind={kind} ;;" for pattern, kind in _value_kinds(commands))}
        {_lines(f"{pattern}) kind=words names=({words}) ;;" for pattern, words in _choices(commands))}
    esac
    [[ "$words[CURRENT]" == -* ]] && kind=options
    [[ -z "$command" && -z "$kind" ]] && kind=commands
    case "$kind" in
        commands) _describe command commands; return ;;
        files) _files; return ;;
        options) names=($options {_words(GLOBAL_OPTIONS)}) ;;
        {_lines(f"{kind}) names=({words}) ;;" for kind, words in _static(commands) if kind != "commands")}
        {"|".join(KINDS)}) names=(${{(f)"$(evcli $project list-names $kind 2>/dev/null)"}}) ;;
    esac
    compadd -- $names
}}
compdef _evcli evcli"""


def fish_completion(commands: Commands) -> str:
    """Return the script for fish."""
    static = dict(_static(commands))
    lines = [
        "# fish completion for evcli; load it with: evcli completion fish | source",
        "complete -c evcli -f",
        *(_fish_option("", option) for option in GLOBAL_OPTIONS),
    ]
    for command in commands:
        description = _quoted(command.description)
        lines.append(f"complete -c evcli -n __fish_use_subcommand -a {command.name} -d {description}")
        condition = f" -n '__fish_seen_subcommand_from {command.name}'"
        lines += [_fish_option(condition, option) for option in command.options]
        for kind in dict.fromkeys(argument.completes for argument in command.arguments if argument.completes):
            lines.append(f"complete -c evcli{condition} {_fish_proposals(kind, static)}")
    return "\n".join(lines)


COMPLETIONS: Mapping[str, Callable[[Commands], str]] = {
    "bash": bash_completion,
    "fish": fish_completion,
    "zsh": zsh_completion,
}


def _kinds(commands: Commands) -> Iterator[tuple[str, str]]:
    """Give what stands at each place: a pattern of a command and the number of its argument, and the kind of names."""
    for command in commands:
        for position, argument in enumerate(command.arguments):
            if argument.completes:
                yield f"{command.name}:{_place(position, argument)}", argument.completes


def _place(position: int, argument: Argument) -> str:
    return "*" if argument.presence is Presence.REPEATED else str(position)


def _value_kinds(commands: Commands) -> Iterator[tuple[str, str]]:
    """Give the options whose values have a kind: a pattern of a command and an option, and the kind."""
    for spelling in GLOBAL_OPTIONS:
        if spelling.name == "project-name":
            yield "|".join(f"*' {each}'" for each in spelling.spellings()), "projects"
    for command in commands:
        for option in command.options:
            kind = {"path": "files", "job": "jobs"}.get(option.value if option.value == "path" else option.name)
            if kind and option.value:
                yield "|".join(f"'{command.name} {each}'" for each in option.spellings()), kind


def _choices(commands: Commands) -> Iterator[tuple[str, str]]:
    for command in commands:
        for option in command.options:
            if option.choices:
                pattern = "|".join(f"'{command.name} {each}'" for each in option.spellings())
                yield pattern, " ".join(option.choices)


def _static(commands: Commands) -> Iterator[tuple[str, str]]:
    yield "commands", " ".join(command.name for command in commands)
    yield "entries", " ".join(ENTRIES)
    yield "kinds", " ".join(KINDS)
    yield "shells", " ".join(SHELLS)


def _fish_option(condition: str, option: Option) -> str:
    short = f" -s {option.short}" if option.short else ""
    value = " -r" if option.value else ""
    proposals = ""
    if option.choices:
        proposals = f" -f -a {_quoted(' '.join(option.choices))}"
    elif option.value == "path":
        proposals = " -F"
    elif option.name == "project-name":
        proposals = " -f -a '(evcli list-names projects 2>/dev/null)'"
    names = " ".join(f"-l {name}" for name in (option.name, *option.aliases))
    return f"complete -c evcli{condition}{short} {names}{value}{proposals} -d {_quoted(option.description)}"


def _fish_proposals(kind: str, static: Mapping[str, str]) -> str:
    if kind == "files":
        return "-F"
    return f"-a {_quoted(static.get(kind, f'(evcli list-names {kind} 2>/dev/null)'))}"


def _words(options: Sequence[Option]) -> str:
    return " ".join(f"--{name}" for option in options for name in (option.name, *option.aliases))


def _lines(lines: Iterator[str]) -> str:
    return "\n        ".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
