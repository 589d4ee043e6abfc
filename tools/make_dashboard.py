"""Writes deploy/monitoring/dashboard.json: a row per question, a panel per answer."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parents[1] / "deploy" / "monitoring" / "dashboard.json"
COLUMNS, WIDTH, HEIGHT = 3, 8, 7


@dataclass(frozen=True)
class Panel:
    """A graph: its title, its unit, and expressions by their legend."""

    title: str
    unit: str
    lines: Mapping[str, str]


def quantiles(metric: str, by: str = "") -> dict[str, str]:
    """Return the expressions of three quantiles of a histogram."""
    group = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return {
        f"p{int(q * 100)}{legend}": (
            f"histogram_quantile({q}, sum by ({group}) (rate({metric}_bucket[$__rate_interval])))"
        )
        for q in (0.5, 0.95, 0.99)
    }


def rate(metric: str, by: str) -> dict[str, str]:
    """Return the expression of a rate by a label."""
    return {f"{{{{{by}}}}}": f"sum by ({by}) (rate({metric}[$__rate_interval]))"}


ROWS: Mapping[str, Sequence[Panel]] = {
    "Executions": [
        Panel("Ended per second, by status", "ops", rate("eventline_executions_ended_total", "status")),
        Panel("Start delay", "s", quantiles("eventline_execution_start_delay_seconds")),
        Panel("Duration", "s", quantiles("eventline_execution_duration_seconds")),
        Panel(
            "Running and slots",
            "short",
            {"running": "sum(eventline_executions_running)", "slots": "sum(eventline_execution_slots)"},
        ),
        Panel("Waiting", "short", {"{{kind}} {{runner}}": "max by (kind, runner) (eventline_waiting)"}),
        Panel(
            "Age of the oldest waiting",
            "s",
            {"{{kind}} {{runner}}": "max by (kind, runner) (eventline_waiting_age_seconds)"},
        ),
    ],
    "Events": [
        Panel("Processed per second, by what became of them", "ops", rate("eventline_events_processed_total", "fate")),
        Panel("Tick delay", "s", quantiles("eventline_timer_delay_seconds")),
        Panel("Hints in streams", "short", {"{{stream}}": "max by (stream) (eventline_stream_messages)"}),
    ],
    "Servers": [
        Panel("Requests per second", "reqps", rate("eventline_http_request_duration_seconds_count", "server")),
        Panel("Answer time", "s", quantiles("eventline_http_request_duration_seconds", "server")),
        Panel(
            "Internal errors per second",
            "ops",
            rate('eventline_http_request_duration_seconds_count{status="5xx"}', "server"),
        ),
    ],
    "Inside": [
        Panel("Database connections", "short", {"{{service}} {{state}}": "eventline_database_connections"}),
        Panel("Output", "Bps", {"bytes": "sum(rate(eventline_output_bytes_total[$__rate_interval]))"}),
        Panel("Hints lost", "ops", {"{{service}}": "deriv(eventline_bus_hints_lost[5m])"}),
        Panel("Memory", "bytes", {"{{service}}": "process_resident_memory_bytes"}),
        Panel("Processor time", "percentunit", {"{{service}}": "rate(process_cpu_seconds_total[$__rate_interval])"}),
        Panel(
            "Found by sweepers per minute",
            "short",
            {
                "hinted again": "sum(rate(eventline_executions_hinted_again_total[5m])) * 60",
                "executors lost": "sum(rate(eventline_executions_timed_out_total[5m])) * 60",
            },
        ),
    ],
}


def dashboard() -> dict[str, object]:
    """Return the document that Grafana imports."""
    panels: list[dict[str, object]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append({"type": "row", "title": title, "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}, "panels": []})
        for position, panel in enumerate(row):
            y = top + 1 + position // COLUMNS * HEIGHT
            panels.append(graph(panel, x=position % COLUMNS * WIDTH, y=y))
        top += 1 + -(-len(row) // COLUMNS) * HEIGHT
    return {
        "uid": "eventline",
        "title": "Eventline",
        "tags": ["eventline"],
        "schemaVersion": 39,
        "time": {"from": "now-3h", "to": "now"},
        "refresh": "10s",
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, 1)],
    }


def graph(panel: Panel, *, x: int, y: int) -> dict[str, object]:
    """Return a panel of Grafana."""
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": x, "y": y, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": expression, "legendFormat": legend}
            for number, (legend, expression) in enumerate(panel.lines.items())
        ],
    }


def main() -> int:
    """Write the file."""
    TARGET.write_text(json.dumps(dashboard(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
