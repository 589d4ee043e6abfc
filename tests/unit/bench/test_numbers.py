"""What the benchmark computes from what it measured, and how its load generator reads answers."""

from tests.bench.lines import milliseconds, percentile, rate_line
from tests.bench.requests import answer_length, build_request


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]

    assert [percentile(values, p) for p in (50, 95, 99, 100)] == [50.0, 95.0, 99.0, 100.0]
    assert percentile([7.0], 99) == 7.0


def test_durations_are_told_in_milliseconds() -> None:
    assert milliseconds([0.001, 0.002, 0.003, 0.004]) == {"p50_ms": 2.0, "p95_ms": 4.0, "p99_ms": 4.0, "max_ms": 4.0}


def test_a_rate_counts_what_ended_per_second() -> None:
    line = rate_line("GET /", "–", [0.01] * 300, seconds=3.0)

    assert line.numbers["per_second"] == 100.0
    assert line.result == "100/s, p50 10 ms, p99 10 ms"


def test_a_request_has_the_length_of_its_body() -> None:
    request = build_request("POST", "/x", {"Authorization": "Bearer k"}, b"{}")

    assert request.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer k\r\nContent-Length: 2\r\n\r\n{}" in request


def test_an_answer_is_complete_when_its_body_is() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n"

    assert answer_length(head[:-1]) is None
    assert answer_length(head) == len(head) + 5
    assert answer_length(b"HTTP/1.1 204 No Content\r\n\r\n") == 27
