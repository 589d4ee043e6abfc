"""Reads the members of one object of the configuration, noting everything that is wrong instead of stopping."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from eventline_common.settings.address import is_address, is_uri

_TYPES: Mapping[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
}


class Block:
    """An object of the configuration with its dotted path.

    `null` is as good as an absent member everywhere. A member that is wrong yields its default, and a sentence in
    `problems`, which all blocks of one configuration share. A sentence never quotes what may be secret.
    """

    def __init__(self, members: Mapping[str, object], *, path: str = "", problems: list[str] | None = None) -> None:
        self._members = members
        self._path = path
        self.problems: list[str] = [] if problems is None else problems

    def name_of(self, member: str) -> str:
        """Give the dotted path of a member."""
        return f"{self._path}.{member}" if self._path else member

    def has(self, member: str) -> bool:
        """Tell whether the member is there and not null."""
        return self._members.get(member) is not None

    def wrong(self, member: str, rule: str) -> None:
        """Note that a member breaks a rule: `must be …`."""
        self.problems.append(f"{self.name_of(member)} {rule}")

    def boolean(self, member: str, default: bool) -> bool:
        """Read a boolean."""
        value = self._members.get(member)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.wrong(member, f"must be true or false, not {_kind(value)}")
        return default

    def text(self, member: str, default: str = "") -> str:
        """Read a string that may be empty."""
        value = self._members.get(member)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        hint = "" if isinstance(value, dict | list) else "; put it in quotes"
        self.wrong(member, f"must be a string, not {_kind(value)}{hint}")
        return default

    def filled(self, member: str, default: str) -> str:
        """Read a string where the empty one means the default (G-51)."""
        return self.text(member, default) or default

    def required(self, member: str) -> str:
        """Read a string that must be there and must not be empty."""
        value = self.text(member)
        if not value and (not self.has(member) or self._members[member] == ""):
            self.wrong(member, "is missing: it must be a string that is not empty")
        return value

    def choice(self, member: str, default: str, choices: Collection[str]) -> str:
        """Read one of some words."""
        value = self.filled(member, default)
        if value in choices:
            return value
        self.wrong(member, f'must be {_alternatives(choices)}, not "{value}"')
        return default

    def integer(self, member: str, default: int, *, least: int, most: int | None = None, zero: bool = False) -> int:
        """Read an integer within bounds; with `zero`, 0 means the default."""
        value = self._members.get(member)
        if value is None or (zero and value == 0 and not isinstance(value, bool)):
            return default
        wanted = f"an integer of at least {least}" if most is None else f"an integer between {least} and {most}"
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(member, f"must be {wanted}, not {_kind(value)}")
            return default
        if value < least or (most is not None and value > most):
            self.wrong(member, f"must be {wanted}, not {value}")
            return default
        return value

    def optional_integer(self, member: str, *, least: int = 1) -> int | None:
        """Read an integer; absent and 0 are None (service-config.md, section 3)."""
        if self._members.get(member) == 0 and not isinstance(self._members.get(member), bool):
            return None
        return self.integer(member, 0, least=least) or None

    def number(self, member: str, default: float, *, least: float) -> float:
        """Read a number that may have a fraction."""
        value = self._members.get(member)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(member, f"must be a number of at least {least:g}, not {_kind(value)}")
            return default
        if not least <= value < float("inf"):
            self.wrong(member, f"must be a number of at least {least:g}, not {value:g}")
            return default
        return float(value)

    def address(self, member: str, default: str, *, may_be_empty: bool = False) -> str:
        """Read `host:port`; the empty string means the default, unless it may stand for itself."""
        value = self.text(member, default)
        if not value:
            return "" if may_be_empty else default
        if is_address(value):
            return value
        off = ', or "" to turn it off' if may_be_empty else ""
        self.wrong(member, f'must be <host>:<port>{off}, not "{value}"')
        return default

    def uri(self, member: str, default: str, *, schemes: Collection[str], needs_host: bool = True) -> str:
        """Read a URI with one of some schemes; the empty string means the default. The value may hold a password."""
        value = self.filled(member, default)
        if not value or is_uri(value, schemes, needs_host=needs_host):
            return value
        wanted = _alternatives([f"{scheme}://" for scheme in schemes])
        host = ", followed by a host and, if any, a valid port" if needs_host else ""
        self.wrong(member, f"must be a URI that begins with {wanted}{host}")
        return default

    def texts(self, member: str) -> tuple[str, ...]:
        """Read an array of strings that are not empty."""
        read: list[str] = []
        for position, value in enumerate(self._array(member)):
            if isinstance(value, str) and value:
                read.append(value)
            else:
                given = "an empty one" if value == "" else _kind(value)
                self.wrong(f"{member}[{position}]", f"must be a string that is not empty, not {given}")
        return tuple(read)

    def choices(self, member: str, choices: Collection[str]) -> tuple[str, ...]:
        """Read an array of some words; absent and empty are all of them."""
        given = self.texts(member)
        for position, value in enumerate(given):
            if value not in choices:
                self.wrong(f"{member}[{position}]", f'must be {_alternatives(choices)}, not "{value}"')
        return tuple(dict.fromkeys(value for value in given if value in choices)) or tuple(choices)

    def block(self, member: str) -> "Block":
        """Read an object; an absent one is empty."""
        value = self._members.get(member)
        if value is None or value == "":
            value = {}
        elif not isinstance(value, dict):
            self.wrong(member, f"must be an object, not {_kind(value)}")
            value = {}
        return Block(value, path=self.name_of(member), problems=self.problems)

    def blocks(self, member: str) -> Iterator["Block"]:
        """Read an array of objects."""
        for position, value in enumerate(self._array(member)):
            if isinstance(value, dict):
                yield Block(value, path=self.name_of(f"{member}[{position}]"), problems=self.problems)
            else:
                self.wrong(f"{member}[{position}]", f"must be an object, not {_kind(value)}")

    def members(self) -> Sequence[str]:
        """Give the names of all members."""
        return [str(name) for name in self._members]

    def _array(self, member: str) -> Sequence[object]:
        value = self._members.get(member)
        if value is None or value == "":
            return ()
        if not isinstance(value, list):
            self.wrong(member, f"must be an array, not {_kind(value)}")
            return ()
        return value


def _kind(value: object) -> str:
    return "null" if value is None else _TYPES.get(type(value), "an object")


def _alternatives(choices: Collection[str]) -> str:
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
