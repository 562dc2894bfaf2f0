"""A chart as SVG: bars with their numbers, title and description for screen readers, nothing that runs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from services.workflow.charts.rules import Chart, ChartRow

_WIDTH, _LABEL, _BAR = 960, 260, 420
_TOP, _LEGEND, _ROW, _THICK = 40, 28, 30, 16
_LONGEST_LABEL = 18
_FONT = "font-family=\"'Noto Sans CJK SC','Microsoft YaHei','SimSun',sans-serif\""
# What XML cannot hold, halves of surrogate pairs among them.
_UNSAFE = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def svg(chart: Chart) -> str:
    """The chart as a document of its own."""
    height = _TOP + _LEGEND + _ROW * max(len(chart.rows), 1) + (_ROW if chart.left_out else 0) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" aria-labelledby="title desc" lang="zh-CN" {_FONT} font-size="13" fill="#1f1f1f">',
        f'<title id="title">{_text(chart.title)}</title>',
        f'<desc id="desc">{_text(description(chart))}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="26" font-size="17" font-weight="bold">{_text(_short(chart.title, 48))}</text>',
        *_legend(chart),
        *_rows(chart),
        "</svg>",
    ]
    return "\n".join(parts)


def description(chart: Chart) -> str:
    """The chart in words: every row with every number."""
    said = "；".join(f"{row.label}：{numbers(chart, row)}，{row.note}" for row in chart.rows)
    more = f"；另有{chart.left_out}项未列" if chart.left_out else ""
    return f"{said or '暂无数据'}{more}。"


def numbers(chart: Chart, row: ChartRow) -> str:
    """The numbers of a row in words."""
    return "、".join(
        f"{series.title}{_number(value)}{chart.unit}"
        for series, value in zip(chart.series, row.values, strict=True)
    )  # fmt: skip


def _legend(chart: Chart) -> Iterator[str]:
    for place, series in enumerate(chart.series):
        x = 12 + place * 120
        yield f'<rect x="{x}" y="{_TOP}" width="14" height="14" fill="{series.colour}"/>'
        yield f'<text x="{x + 20}" y="{_TOP + 12}">{_text(series.title)}（{_text(chart.unit)}）</text>'


def _rows(chart: Chart) -> Iterator[str]:
    stacked = chart.unit == "项"
    most = max((sum(row.values) if stacked else max(row.values) for row in chart.rows), default=0) or 1
    y = _TOP + _LEGEND
    if not chart.rows:
        yield f'<text x="12" y="{y + 18}">暂无数据</text>'
    for place, row in enumerate(chart.rows):
        yield from _row(chart, row, y + place * _ROW, _BAR / most, stacked=stacked)
    if chart.left_out:
        yield f'<text x="12" y="{y + len(chart.rows) * _ROW + 18}">另有{chart.left_out}项未列</text>'


def _row(chart: Chart, row: ChartRow, y: int, scale: float, *, stacked: bool) -> Iterator[str]:
    yield f"<g><title>{_text(row.label)}：{_text(numbers(chart, row))}</title>"
    yield f'<text x="12" y="{y + 18}">{_text(_short(row.label, _LONGEST_LABEL))}</text>'
    x, thick = float(_LABEL), _THICK if stacked else _THICK / len(row.values) + 2
    for place, (series, value) in enumerate(zip(chart.series, row.values, strict=True)):
        width = round(value * scale, 1)
        top = y + 6 if stacked else y + 2 + place * thick
        if width > 0:
            yield f'<rect x="{x:.1f}" y="{top:.1f}" width="{width}" height="{thick:.1f}" fill="{series.colour}"/>'
        x += width if stacked else 0
    shown = "/".join(_number(value) for value in row.values)
    yield f'<text x="{_LABEL + _BAR + 12}" y="{y + 18}">{shown}　{_text(row.note)}</text></g>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.1f}"


def _text(given: str) -> str:
    return escape(_UNSAFE.sub("", given), {'"': "&quot;"})
