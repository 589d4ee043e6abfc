"""Forecasts on the wire."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from eventline_api.forecast.ticks import Tick
from eventline_common.http.views import Id, Name


class TickView(BaseModel):
    """A moment at which the timer of a job goes off."""

    job_id: Id
    job_name: Name
    time: datetime


class ForecastView(BaseModel):
    """Ticks that are to come, earliest first; disabled jobs have none."""

    elements: list[TickView]


def forecast_view(ticks: Sequence[Tick]) -> dict[str, object]:
    """Return the object of a forecast."""
    return {"elements": [{"job_id": t.job_id, "job_name": t.job_name, "time": t.time} for t in ticks]}
