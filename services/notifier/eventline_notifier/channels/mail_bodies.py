"""The two parts of a mail: plain text, and markup in which every word that somebody wrote is escaped."""

from html import escape

from eventline_notifier.texts import Text

_STYLE = "font-family: sans-serif; font-size: 14px; color: #222222"
_TABLE = "border-collapse: collapse; font-size: 14px"
_LABEL = "text-align: left; padding: 2px 12px 2px 0; color: #666666; font-weight: normal"
_OUTPUT = "background: #f4f4f4; padding: 8px; font-family: monospace; font-size: 12px; white-space: pre-wrap"


def plain_body(text: Text, signature: str) -> str:
    """Write paragraphs, facts, output, links, and the signature below its line of dashes."""
    width = max((len(label) for label, _ in text.facts), default=0) + 1
    facts = "\n".join(f"{label + ':':<{width}} {value}" for label, value in text.facts)
    output = "Last lines of the output:\n\n" + "\n".join(f"    {line}" for line in text.output.split("\n"))
    parts = [*text.paragraphs, facts, output if text.output else "", text.link or ""]
    parts += [f"{item.text}\n  {item.link}" for item in text.items]
    parts.append(_more(text.more))
    body = "\n\n".join(part for part in parts if part) + "\n"
    return f"{body}\n--\n{signature}\n" if signature else body


def html_body(text: Text, signature: str) -> str:
    """Write the same as markup."""
    paragraphs = "".join(f"<p>{_lines(paragraph)}</p>\n" for paragraph in text.paragraphs)
    rows = "".join(
        f'<tr><th style="{_LABEL}">{escape(label)}</th><td>{escape(value)}</td></tr>\n' for label, value in text.facts
    )
    facts = f'<table style="{_TABLE}">\n{rows}</table>\n' if rows else ""
    heading = "<p>Last lines of the output:</p>\n"
    output = f'{heading}<pre style="{_OUTPUT}">{escape(text.output)}</pre>\n' if text.output else ""
    link = f"<p>{_anchor(text.link, text.link)}</p>\n" if text.link else ""
    items = "".join(f"<li>{_anchor(item.link, item.text)}</li>\n" for item in text.items)
    listed = f"<ul>\n{items}</ul>\n" if items else ""
    more = f"<p>{_more(text.more)}</p>\n" if text.more else ""
    ending = f"<p>--<br>\n{_lines(signature)}</p>\n" if signature else ""
    body = f"{paragraphs}{facts}{output}{link}{listed}{more}{ending}"
    title = f"<title>{escape(text.subject)}</title>"
    head = f'<head>\n<meta charset="utf-8">\n{title}\n</head>'
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n<body style="{_STYLE}">\n{body}</body>\n</html>\n'


def _more(count: int) -> str:
    return f"and {count} more." if count else ""


def _anchor(link: str, text: str) -> str:
    return f'<a href="{escape(link)}">{escape(text)}</a>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")
