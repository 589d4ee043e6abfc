"""The pages of this release: where the product is used, and messages."""

from html import escape

from starlette.responses import HTMLResponse

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Eventline</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }}
code, pre {{ background: #f2f2f2; padding: .1rem .3rem; }}
pre {{ padding: .6rem; overflow-x: auto; }}
</style>
</head>
<body>
<h1>Eventline</h1>
<p>Eventline is running. This release has no web interface yet; it is used with <code>evcli</code> and through its
HTTP API at <a href="{api}">{api}</a>.</p>
<pre>evcli login
evcli list-projects
evcli help</pre>
</body>
</html>
"""


def front_page(api_uri: str) -> HTMLResponse:
    """Return the page with the address of the API."""
    return HTMLResponse(_PAGE.format(api=escape(api_uri)), headers=_HEADERS)


_MESSAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Eventline</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
</body>
</html>
"""


def message_page(title: str, text: str, *, status: int) -> HTMLResponse:
    """Return a page that says one thing."""
    return HTMLResponse(_MESSAGE.format(title=escape(title), text=escape(text)), status, headers=_HEADERS)
