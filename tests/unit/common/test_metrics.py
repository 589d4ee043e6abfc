"""A process shows what it counts as Prometheus text, under one prefix, apart from every other process object."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eventline_common.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_counters_gauges_and_histograms_are_shown_under_the_prefix() -> None:
    metrics = Metrics("api")
    metrics.counter("requests", "Requests", ["status"]).labels("200").inc(3)
    metrics.gauge("running", "Running").set(2)
    metrics.histogram("delay_seconds", "Delay", buckets=(0.1, 1)).observe(0.5)
    shown = samples(metrics)
    assert shown["eventline_requests_total", (("status", "200"),)] == 3
    assert shown["eventline_running", ()] == 2
    assert shown["eventline_delay_seconds_bucket", (("le", "0.1"),)] == 0
    assert shown["eventline_delay_seconds_bucket", (("le", "1.0"),)] == 1


def test_the_process_describes_itself() -> None:
    shown = samples(Metrics("api"))
    assert shown["eventline_service", (("service", "api"),)] == 1
    assert shown["process_resident_memory_bytes", ()] > 0
    assert any(name == "python_info" for name, _ in shown)


def test_two_registries_share_nothing() -> None:
    one, other = Metrics("api"), Metrics("api")
    one.counter("requests", "Requests").inc()
    assert ("eventline_requests_total", ()) not in samples(other)
    other.counter("requests", "Requests")
    assert samples(other)["eventline_requests_total", ()] == 0


def test_a_name_can_be_used_once() -> None:
    metrics = Metrics("api")
    metrics.counter("requests", "Requests")
    with pytest.raises(ValueError, match="Duplicated"):
        metrics.gauge("requests", "Requests")


def test_the_content_type_is_that_of_the_text_format() -> None:
    assert Metrics("api").content_type.startswith("text/plain; version=0.0.4")
