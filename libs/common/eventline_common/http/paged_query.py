"""Runs the query of a page: keyset conditions made of constants, one row more than asked to see if there is more."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from eventline_common.db.session import Row, Tx
from eventline_common.http.paging import LARGEST_SIZE, Collection, Cursor, Order, Slice, Sort, decode_key, encode_key

Element = TypeVar("Element")

_Variant = tuple[str, Order, bool, bool]


class PagedQuery:
    """A SELECT over a collection whose WHERE clause holds `{keyset}`; order and limit are added.

    `arguments` is the number of parameters that the text itself uses: $1 to $n. `{order_and_limit}` stands for the
    same order and limit in a query inside of it, `{order_and_most}` for the same order and the largest limit there is.
    """

    def __init__(self, text: str, collection: Collection, *, arguments: int) -> None:
        if "{keyset}" not in text:
            raise ValueError("the text of a paged query holds {keyset}")
        self.collection = collection
        self._arguments = arguments
        self._statements: dict[_Variant, str] = {
            (name, order, backward, keyed): _statement(
                text, sort, ascending=(order is Order.ASC) != backward, keyed=keyed, arguments=arguments
            )
            for name, sort in collection.sorts.items()
            for order in Order
            for backward in (False, True)
            for keyed in (False, True)
        }

    async def fetch(self, tx: Tx, cursor: Cursor, *arguments: object, read: Callable[[Row], Element]) -> Slice[Element]:
        """Return a slice of the collection, each row turned into a value by `read`."""
        if len(arguments) != self._arguments:
            raise ValueError(f"the query takes {self._arguments} arguments, not {len(arguments)}")
        if cursor.size == 0:
            return Slice(())
        sort = self.collection.sorts[cursor.sort]
        key = cursor.key
        keys = () if key is None else decode_key(key, sort.kind)
        statement = self._statements[cursor.sort, cursor.order, cursor.before is not None, key is not None]
        rows = await tx.fetch(statement, *arguments, cursor.size + 1, *keys)
        return _slice(rows, cursor, sort, read)


def _statement(text: str, sort: Sort, *, ascending: bool, keyed: bool, arguments: int) -> str:
    columns = ", ".join(sort.columns)
    parameters = ", ".join(f"${arguments + 2 + index}" for index in range(len(sort.columns)))
    keyset = f"({columns}) {'>' if ascending else '<'} ({parameters})" if keyed else "TRUE"
    direction = "ASC" if ascending else "DESC"
    order = ", ".join(f"{column} {direction}" for column in sort.columns)
    order_and_limit = f" ORDER BY {order} LIMIT ${arguments + 1}"
    order_and_most = f" ORDER BY {order} LIMIT {LARGEST_SIZE + 1}"
    parts = {"{keyset}": keyset, "{order_and_limit}": order_and_limit, "{order_and_most}": order_and_most}
    for name, part in parts.items():
        text = text.replace(name, part)
    return text + order_and_limit


def _slice(rows: Sequence[Row], cursor: Cursor, sort: Sort, read: Callable[[Row], Element]) -> Slice[Element]:
    more = len(rows) > cursor.size
    kept = list(rows[: cursor.size])
    if not kept:
        return Slice(())
    backward = cursor.before is not None
    if backward:
        kept.reverse()
    first, last = (encode_key([row[field] for field in sort.fields], sort.kind) for row in (kept[0], kept[-1]))
    has_previous = more if backward else cursor.after is not None
    has_next = True if backward else more
    return Slice([read(row) for row in kept], previous=first if has_previous else None, next=last if has_next else None)
