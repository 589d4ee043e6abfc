"""Tables: the heading on stderr, rows on stdout, every column padded, the last one too (contract evcli, section 7)."""

from collections.abc import Callable, Sequence

from evcli.terminal import Terminal, printable

GAP = "  "


def print_table(terminal: Terminal, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells; the heading is printed even without rows."""
    cells = [[printable(cell) for cell in row] for row in rows]
    heading, *lines = layout([[heading.upper() for heading in headings], *cells])
    terminal.heading(heading)
    if lines:
        terminal.data(*lines)


def print_row(write: Callable[[str], None], cells: Sequence[str], widths: Sequence[int]) -> None:
    """Print a single row of a table whose other rows are not known yet."""
    write(GAP.join(printable(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)))


def layout(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
