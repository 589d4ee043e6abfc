"""Whatever the OpenAPI document allows, and much that it does not, is answered as the document says.

The short form; `make test-api` is the long one.
"""

import pytest

from eventline_common.testing.api_process import running_api

from .fuzzing import fuzz
from .stage import CONFIGURATION

# The examples of the document and made-up requests, then sequences of requests along its links.
PHASES = "examples,fuzzing,stateful"
SECONDS = 20


@pytest.mark.timeout(300)
def test_the_api_answers_as_its_document_says(pg_server_uri: str, template_database: str, nats_uri: str) -> None:
    with running_api(pg_server_uri, template_database, nats_uri, configuration=CONFIGURATION) as api:
        done = fuzz(api, examples=2, seed=1, phases=PHASES, more=["--max-time", str(SECONDS)])

    assert done.returncode == 0, done.stdout[-10_000:]
    assert " passed" in done.stdout
