"""Completion scripts: static texts made of the commands, so that completing starts no program."""

from collections.abc import Callable, Mapping, Sequence

from evcli.arguments import GLOBAL_OPTIONS, Option
from evcli.command import Command

Commands = Sequence[Command]


def bash_completion(commands: Commands) -> str:
    """Return the script for bash."""
    names = " ".join(command.name for command in commands)
    cases = "\n".join(f"        {c.name}) options={_quoted(_words(c.options))} ;;" for c in commands if c.options)
    return f"""# bash completion for evcli; load it with: source <(evcli completion bash)
_evcli() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" command="" options="" word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$word" in -*) ;; *) command="$word"; break ;; esac
    done
    case "$command" in
        "") COMPREPLY=($(compgen -W {_quoted(f"{names} {_words(GLOBAL_OPTIONS)}")} -- "$current")); return ;;
        help) COMPREPLY=($(compgen -W {_quoted(names)} -- "$current")); return ;;
{cases}
    esac
    case "$current" in
        -*) COMPREPLY=($(compgen -W "$options {_words(GLOBAL_OPTIONS)}" -- "$current")) ;;
        *) COMPREPLY=($(compgen -f -- "$current")) ;;
    esac
}}
complete -o filenames -F _evcli evcli"""


def zsh_completion(commands: Commands) -> str:
    """Return the script for zsh."""
    described = "\n".join(f"        {_quoted(f'{c.name}:{c.description}')}" for c in commands)
    cases = "\n".join(f"                {c.name}) options=({_words(c.options)}) ;;" for c in commands if c.options)
    return f"""#compdef evcli
# zsh completion for evcli; load it with: source <(evcli completion zsh)
_evcli() {{
    local -a commands options
    local command word
    commands=(
{described}
    )
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "$word" in -*) ;; *) command="$word"; break ;; esac
    done
    if [[ -z "$command" && "$PREFIX" != -* ]] || [[ "$command" == help ]]; then
        _describe command commands
        return
    fi
    case "$command" in
{cases}
    esac
    if [[ "$PREFIX" == -* ]]; then
        compadd -- $options {_words(GLOBAL_OPTIONS)}
    else
        _files
    fi
}}
compdef _evcli evcli"""


def fish_completion(commands: Commands) -> str:
    """Return the script for fish."""
    lines = ["# fish completion for evcli; load it with: evcli completion fish | source"]
    lines += [_fish_option("", option) for option in GLOBAL_OPTIONS]
    for command in commands:
        description = _quoted(command.description)
        lines.append(f"complete -c evcli -f -n __fish_use_subcommand -a {command.name} -d {description}")
        condition = f" -n '__fish_seen_subcommand_from {command.name}'"
        lines += [_fish_option(condition, option) for option in command.options]
    return "\n".join(lines)


COMPLETIONS: Mapping[str, Callable[[Commands], str]] = {
    "bash": bash_completion,
    "fish": fish_completion,
    "zsh": zsh_completion,
}


def _fish_option(condition: str, option: Option) -> str:
    short = f" -s {option.short}" if option.short else ""
    value = " -r" if option.value else ""
    choices = f" -f -a {_quoted(' '.join(option.choices))}" if option.choices else ""
    return f"complete -c evcli{condition}{short} -l {option.name}{value}{choices} -d {_quoted(option.description)}"


def _words(options: Sequence[Option]) -> str:
    return " ".join(f"--{option.name}" for option in options)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
