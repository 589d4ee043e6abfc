"""Sends what a service measures to InfluxDB, if the setting `influx` asks for it (service-config.md, section 7)."""

from eventline_common.influx.exporter import Influx
from eventline_common.influx.lines import Point, line

__all__ = ["Influx", "Point", "line"]
