"""The script of `/docs` shows every operation of the document, as text."""

import shutil
import subprocess
from pathlib import Path

import pytest

import eventline_common.http as http
from eventline_api.openapi import openapi
from eventline_common.http.json_response import encode

SCRIPT = Path(str(http.__file__)).parent / "static" / "docs.js"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="install node (Debian: nodejs)")
def test_every_operation_is_on_the_page_with_what_it_takes_and_answers() -> None:
    document = openapi()
    document["info"]["title"] = "<script>alert(1)</script>"

    done = subprocess.run(
        [str(NODE), str(Path(__file__).with_name("docs_page.js")), str(SCRIPT)],
        input=encode(document), capture_output=True, check=True,
    )  # fmt: skip

    page = done.stdout.decode()
    assert page.startswith("<script>alert(1)</script> "), "a title is text"
    for path, methods in document["paths"].items():
        assert path in page
        for operation in methods.values():
            assert operation["summary"] in page
    assert '"name": "hello-world"' in page, "examples"
    assert '"on_failure?": "string"' in page, "members"
    assert "unknown_job" in page, "errors"
    assert "[object Object]" not in page
