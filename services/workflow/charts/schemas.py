"""API models of charts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.charts.rules import Chart

Drawn = Literal["json", "svg"]

_SERIES: dict[str, Any] = {"key": "overdue", "title": "逾期未完成"}
_ROW: dict[str, Any] = {"label": "县市场监管局", "values": {"overdue": 2, "late": 1}, "note": "应完成9项"}


class SeriesView(BaseModel):
    """One of the numbers of every row."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _SERIES})

    key: str
    title: str


class ChartRowView(BaseModel):
    """A bar: what it is about and its numbers."""

    model_config = ConfigDict(json_schema_extra={"example": _ROW})

    label: str
    values: dict[str, float]
    note: str


class ChartView(BaseModel):
    """The figures of a chart; the drawing is made of the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "overdue", "title": "完善清单管理制度：逾期情况", "unit": "项", "series": [_SERIES],
                "rows": [_ROW], "left_out": 0,
            }
        }
    )  # fmt: skip

    name: Literal["progress", "overdue", "claims", "steps"]
    title: str
    unit: str = Field(description="项 for counts, 天 for days")
    series: list[SeriesView]
    rows: list[ChartRowView]
    left_out: int = Field(description="Rows beyond those a chart shows")


def view(chart: Chart) -> ChartView:
    """A chart as the API tells it."""
    keys = [each.key for each in chart.series]
    rows = [
        ChartRowView(label=row.label, values=dict(zip(keys, row.values, strict=True)), note=row.note)
        for row in chart.rows
    ]
    return ChartView.model_validate(
        {"name": chart.name, "title": chart.title, "unit": chart.unit, "left_out": chart.left_out, "rows": rows,
         "series": [SeriesView.model_validate(each) for each in chart.series]}
    )  # fmt: skip
