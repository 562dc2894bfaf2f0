"""Drawings say every number in words, hold whatever text there is, and run nothing."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from services.workflow.charts import drawing, rules
from services.workflow.charts.rules import Chart, ChartRow

_SVG = "{http://www.w3.org/2000/svg}"


def chart(*rows: ChartRow, title: str = "进度", left_out: int = 0) -> Chart:
    return Chart(name="overdue", title=title, unit="项", series=rules.OVERDUE, rows=rows, left_out=left_out)


def row(label: str, overdue: float, late: float) -> ChartRow:
    return ChartRow(label=label, values=(overdue, late), note="应完成9项")


def test_a_screen_reader_hears_title_and_all_numbers() -> None:
    drawn = ElementTree.fromstring(drawing.svg(chart(row("住建局", 2, 1), row("环保局", 0, 3), left_out=4)))
    assert drawn.get("role") == "img"
    named = str(drawn.get("aria-labelledby")).split()
    title, desc = (next(each for each in drawn.iter() if each.get("id") == name) for name in named)
    assert title.text == "进度"
    assert desc.text == (
        "住建局：逾期未完成2项、逾期完成1项，应完成9项；环保局：逾期未完成0项、逾期完成3项，应完成9项；另有4项未列。"
    )


def test_markup_in_a_name_is_text_and_nothing_runs() -> None:
    evil = '</text><script>alert(1)</script>" onload="x'
    text = drawing.svg(chart(row(evil, 1, 0), title=evil))
    drawn = ElementTree.fromstring(text)
    assert {each.tag for each in drawn.iter()} <= {
        f"{_SVG}{tag}" for tag in ("svg", "title", "desc", "rect", "text", "g")
    }
    assert not any(name.startswith("on") or "href" in name for each in drawn.iter() for name in each.attrib)


def test_nothing_to_show_says_so() -> None:
    assert "暂无数据" in drawing.svg(chart())


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = ElementTree.fromstring(drawing.svg(chart(row("甲", 4, 0), row("乙", 1, 1))))
    widths = [float(str(rect.get("width"))) for group in drawn.iter(f"{_SVG}g") for rect in group.iter(f"{_SVG}rect")]
    assert widths == [420.0, 105.0, 105.0]


@given(st.text(max_size=40), st.floats(0, 10**9, allow_nan=False), st.floats(0, 10**9, allow_nan=False))
def test_any_name_and_any_number_make_a_document(name: str, overdue: float, late: float) -> None:
    ElementTree.fromstring(drawing.svg(chart(row(name, overdue, late), title=name)))
