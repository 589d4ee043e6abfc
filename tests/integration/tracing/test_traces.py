"""A trace goes from a request, or an event, to the programs of a job, as a real collector would receive it."""

import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from eventline_common.testing.client import Client
from eventline_common.testing.platform import running_platform


class Collector:
    """Takes traces as OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.headers: set[str | None] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.headers.add(self.headers["X-Team"])
                outer.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for group in request.resource_spans:
            service = next(a.value.string_value for a in group.resource.attributes if a.key == "service.name")
            self.spans += [(service, span) for scope in group.scope_spans for span in scope.spans]

    def wait_for(self, count: int, name: str) -> list[tuple[str, Span]]:
        deadline = time.monotonic() + 60
        while sum(span.name == name for _, span in self.spans) < count:
            assert time.monotonic() < deadline, sorted(f"{service} {span.name}" for service, span in self.spans)
            time.sleep(0.1)
        return list(self.spans)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.timeout(180)
def test_a_trace_goes_from_the_request_to_the_program_and_from_an_event_too(collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server.server_port}/v1/traces"
    with running_platform(f"tracing: {{endpoint: '{endpoint}', headers: {{X-Team: ours}}}}\n") as platform:
        client = Client.log_in(platform.api_port)
        job = client.deploy("traced", 'echo "$TRACEPARENT"; exit 3')
        execution = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
        printed = b"".join(b64decode(data["data"]) for kind, data in client.follow(execution) if kind == "output")
        client.deploy(
            "ticking", "true", trigger={"event": "time/tick", "parameters": {"oneshot": "2020-01-01T00:00:00Z"}}
        )
        client.close()

        for name, count in (("POST /jobs/id/{id}/execute", 1), ("event", 1), ("wait", 2), ("step", 2)):
            collector.wait_for(count, name)
        spans = collector.wait_for(2, "execution")

    by_name = {span.name: (service, span) for service, span in spans if span.trace_id.hex() in printed.decode()}
    assert {name: service for name, (service, _) in by_name.items()} == {
        "POST /jobs/id/{id}/execute": "eventline-api",
        "wait": "eventline-executor",
        "execution": "eventline-executor",
        "step": "eventline-executor",
    }
    request, ran, step = (by_name[name][1] for name in ("POST /jobs/id/{id}/execute", "execution", "step"))
    assert ran.parent_span_id == request.span_id
    assert step.parent_span_id == ran.span_id
    assert printed.decode().strip().startswith(f"00-{ran.trace_id.hex()}-{ran.span_id.hex()}-")
    assert "program exited with status 3" in ran.status.message
    event = next(span for service, span in spans if span.name == "event" and service == "eventline-scheduler")
    assert any(span.parent_span_id == event.span_id for _, span in spans if span.name == "execution")
    assert collector.headers == {"ours"}
