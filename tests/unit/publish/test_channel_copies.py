"""Copies of a revision: generated, marked, the same bytes each time, harmless whatever an entry says."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid5
from xml.etree import ElementTree
from zipfile import ZipFile

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from services.publish.changes.rules import Channel, document
from services.publish.channels.copies import marker, pages, posts, telling
from services.publish.channels.copies.formats import FORMATS
from services.publish.channels.copies.marker import Marker
from services.publish.channels.copies.source import Differing, Facts, Source, changes
from services.publish.channels.rules import KINDS
from shared.kept import Kept

SPACE = UUID(int=1)
ELEMENTS = {
    "name": {"title": "事项名称", "type": "text"},
    "basis": {"title": "设定依据", "type": "basis"},
    "materials": {"title": "申请材料", "type": "materials"},
    "statutory_limit": {"title": "法定办结时限", "type": "limit"},
}
FACTS = Facts(
    list_id=SPACE, kind="permit", kind_title="行政许可事项清单", title="青县行政许可事项清单",
    region_code="130922000000", region_name="青县", issuer="青县行政审批局", revision=12, hash="5f" * 32, entries=3,
    purged=0, decision={"meeting": "县政府第12次常务会议", "number": "青政发〔2026〕1号"},
    effective_at=datetime(2026, 1, 5, 1, tzinfo=UTC), published_at=datetime(2026, 1, 5, 1, tzinfo=UTC),
    elements=ELEMENTS, link="https://www.example.gov.cn/qingdan", base=11,
)  # fmt: skip


def body(number: int, **elements: Any) -> bytes:
    more = {"name": f"许可事项{number}", "base_code": f"000116{number:03d}000",
            "implementing_body": {"name": "青县行政审批局", "credit_code": "X"},
            "materials": [{"name": "申请书"}], "statutory_limit": {"amount": 20, "unit": "working_day"}}  # fmt: skip
    return orjson.dumps({
        "id": str(uuid5(SPACE, str(number))), "version": 1, "state": elements.pop("state", "in_use"),
        "effective_from": "2026-01-05T09:00:00+08:00", "transitional_rule": "生效前已受理的，按原规定办理。",
        "elements": more | elements,
    })  # fmt: skip


ROWS = [
    (None, body(1)),
    (body(2), body(2, state="cancelled")),
    (body(3), body(3, statutory_limit={"amount": 10, "unit": "working_day"})),
]


def source(*bodies: bytes, rows: Any = ROWS, **facts: Any) -> Source:
    differing = [one if isinstance(one, Differing) else Differing(*one) for one in rows]
    whole = bodies or tuple(body(number) for number in (1, 3))
    return Source(replace(FACTS, **facts), whole, changes(differing, ELEMENTS))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


HOSTILE = (
    '</td><script>alert(1)</script>=HYPERLINK("x")\n清单版本 00000000-0000-0000-0000-000000000009 第99次修订 校验码 '
    + ("0" * 64)
)


def test_an_entry_that_goes_to_another_unit_is_transferred_there_and_taken_over_here_and_never_cancelled() -> None:
    forestry = {"implementing_body": {"name": "青县林业局", "credit_code": "Y"}, "base_code": "000164001000"}
    moved = (body(1), body(1, **forestry))
    (given,) = source(rows=[Differing(*moved, is_shown=False)]).changes
    (taken,) = source(rows=[Differing(*moved, was_shown=False)]).changes
    assert (given.kind, given.organ, given.code) == ("transferred", "青县行政审批局", "000116001000")
    assert (given.other_organ, given.other_code) == ("青县林业局", "000164001000")
    assert (taken.kind, taken.organ, taken.other_organ, taken.other_code) == (
        "taken_over", "青县林业局", "青县行政审批局", "000116001000",
    )  # fmt: skip
    told = source(rows=[Differing(*moved, is_shown=False)])
    press = telling.press(told).decode()
    assert "：划转1项，" in press
    assert "起划转至青县林业局（承接编码：000164001000），事项继续实施。" in press
    assert "取消" not in press
    assert "划转：许可事项1（划转至青县林业局）。" in "".join(posts.posts(told))
    press = telling.press(source(rows=[Differing(*moved, was_shown=False)])).decode()
    assert "【承接事项】" in press
    assert "起承接，原由青县行政审批局（原编码：000116001000）实施。" in press


def test_an_entry_that_another_unit_ended_or_had_before_is_told_by_where_it_stands() -> None:
    elsewhere = {"implementing_body": {"name": "青县林业局", "credit_code": "Y"}}
    ended = body(1, state="cancelled", **elsewhere)
    assert [one.kind for one in source(rows=[Differing(body(1), ended, is_shown=False)]).changes] == ["cancelled"]
    assert source(rows=[Differing(body(1), ended, was_shown=False)]).changes == []
    hidden = source(rows=[Differing(body(1), body(1, implementing_body=None), is_shown=False)])
    assert "划转至另一单位，" in telling.press(hidden).decode()


@pytest.mark.req("ZL-36")
@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if not kind.slow])
def test_every_copy_says_which_version_it_is_and_is_the_same_each_time(name: str) -> None:
    kind = FORMATS[name]
    made = kind.make(source())
    assert made == kind.make(source())
    assert marker.read(kind.media_type, made) == Marker(SPACE, 12, "5f" * 32)
    assert made != kind.make(source(revision=13))


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if not kind.slow])
def test_what_an_entry_says_is_never_taken_for_the_mark_nor_run(name: str) -> None:
    kind = FORMATS[name]
    rows = [
        (None, body(1, name=HOSTILE)),
        (body(2, name=HOSTILE), body(2, name=HOSTILE, basis=[{"document": HOSTILE}])),
    ]
    made = kind.make(source(body(1, name=HOSTILE), body(2, name=HOSTILE), rows=rows))
    assert marker.read(kind.media_type, made) == Marker(SPACE, 12, "5f" * 32)
    if name.endswith(".html"):
        tags = Tags()
        tags.feed(made.decode())
        assert not {"script", "iframe", "img", "object", "form"} & set(tags.names)
        assert not {each for each in tags.attributes if each.startswith("on") or each == "style"}


@pytest.mark.req("HB-35")
def test_papers_are_byte_for_byte_the_same_and_their_text_can_be_read() -> None:
    made = FORMATS["sheet.pdf"].make(source())
    assert made == FORMATS["sheet.pdf"].make(source())
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert "青县行政许可事项清单" in text
    assert "许可事项3" in text
    assert "5f" * 32 in "".join(text.split())
    for name in ("press.docx", "gazette.docx"):
        paper = FORMATS[name].make(source())
        assert paper == FORMATS[name].make(source())
        assert FACTS.hash in ZipFile(io.BytesIO(paper)).read("word/document.xml").decode()


@pytest.mark.req("HB-35")
def test_there_are_the_channels_of_the_notices_and_each_has_a_copy_that_is_made() -> None:
    named = {"gazette", "portal", "department_site", "press_conference", "notice_board", "service_window", "newspaper",
             "radio", "television"}  # fmt: skip
    assert named <= set(KINDS)
    assert {name for kind in KINDS.values() for name in kind.formats} <= set(FORMATS)
    assert {"portal", "hall", "wechat", "microblog"} <= set(KINDS)


@given(st.lists(st.text(min_size=1, max_size=200), min_size=0, max_size=60), st.integers(0, 120))
@settings(max_examples=60)
def test_no_post_is_longer_than_140_characters_and_the_link_is_never_lost(names: list[str], length: int) -> None:
    link = "" if length < 20 else f"https://a.cn/{'x' * (length - 13)}"
    made = posts.posts(source(rows=[(None, body(number, name=name)) for number, name in enumerate(names)], link=link))
    assert all(len(post) <= posts.LONGEST for post in made)
    assert len(made) <= posts.MOST
    assert link in "".join(made)
    assert made[-1].endswith(f"校验码 {FACTS.hash}")


@given(st.lists(st.text(min_size=1, max_size=4_000), min_size=0, max_size=20))
@settings(max_examples=30)
def test_an_article_stays_within_the_lengths_of_its_platform(names: list[str]) -> None:
    told = source(rows=[(None, body(number, name=name)) for number, name in enumerate(names)], title="清单" * 60)
    assert len(pages.article_title(told.facts)) <= pages.LONGEST_TITLE
    assert sum(len(text) for _, texts in pages.article_sections(told) for text in texts) <= pages.LONGEST_ARTICLE


def test_a_press_text_tells_what_changed_with_old_and_new_since_when_and_what_becomes_of_cases() -> None:
    text = telling.press(source()).decode()
    assert "新增1项、取消1项、调整1项，自2026年1月5日起施行" in text
    assert "法定办结时限由“20个工作日”调整为“10个工作日”" in text
    assert "许可事项2（青县行政审批局，000116002000），自2026年1月5日起取消。" in text
    assert "生效前已受理的，按原规定办理。" in text
    first = telling.press(source(base=0)).decode()
    assert "已公布，共2项" in first
    assert "1. 许可事项1" in first


def test_a_bulk_csv_runs_nothing_and_its_checksum_file_is_right() -> None:
    told = source(body(1, name="=cmd|' /C calc'!A0"))
    made = FORMATS["bulk.csv"].make(told)
    assert made.startswith(b"\xef\xbb\xbf")
    (row,) = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))[1:]
    assert row[1].startswith("'=")
    sums = FORMATS["checksums.txt"].make(told).decode().splitlines()
    assert sums[0] == f"{hashlib.sha256(FORMATS['bulk.jsonl'].make(told)).hexdigest()}  bulk.jsonl"
    assert sums[1] == f"{hashlib.sha256(made).hexdigest()}  bulk.csv"


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_whatever_a_channel_shows_can_be_looked_at(content: bytes) -> None:
    for kind in FORMATS.values():
        assert marker.read(kind.media_type, content) is None


@given(st.text(max_size=80))
@settings(max_examples=60)
def test_an_atom_feed_can_be_read_whatever_entries_are_called(name: str) -> None:
    at = datetime(2026, 1, 5, 1, tzinfo=UTC)
    row = {"id": UUID(int=5), "type": "item.updated", "list_id": SPACE, "item_id": UUID(int=6), "revision": 3,
           "changed": ["name"], "effective_at": at, "recorded_at": at, "title": name, "name": name,
           "shown": True}  # fmt: skip
    about = Channel(SPACE, name, name, "https://a.cn/x?before=1", "https://a.cn/p", None, at)
    feed = ElementTree.fromstring(document(about, [row], "https://a.cn"))
    assert feed.findtext("{http://www.w3.org/2005/Atom}id") == f"urn:uuid:{SPACE}"


@given(st.lists(st.tuples(st.integers(0, 9), st.binary(min_size=1, max_size=60)), max_size=60))
@settings(max_examples=60)
def test_copies_are_kept_within_their_bound_and_never_mixed_up(asked: list[tuple[int, bytes]]) -> None:
    kept, first = Kept(most=100), dict[int, bytes]()
    for key, content in asked:
        kept.put(key, first.setdefault(key, content))
        assert kept._size == sum(map(len, kept._answers.values())) <= 100
        assert kept.get(key) in (None, first[key])


@pytest.mark.req("ZL-38")
@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("text/csv", b'a,b,c\n"' + b"x" * 200_000 + b'"\n'),
        ("text/html", b"<html><![no[x]]></html>"),
        ("application/json", orjson.dumps({"list_id": str(SPACE), "revision": 9_999_999_999, "hash": "5f" * 32})),
        ("text/plain", f"清单版本 {SPACE} 第9999999999次修订 校验码 {'5f' * 32}".encode()),
    ],
)
def test_whatever_a_channel_shows_is_judged_and_never_stops_the_looking(media_type: str, shown: bytes) -> None:
    assert marker.read(media_type, shown) is None


@pytest.mark.req("TH-24", "ZZ-06")
def test_a_kiosk_leads_to_the_guide_where_the_list_describes_a_process() -> None:
    entry = orjson.loads(FORMATS["kiosk.json"].make(source()))["organs"][0]["items"][0]
    assert entry["guide"] is None
    elements = ELEMENTS | {"process_steps": {"title": "办理流程", "type": "table"}}
    entry = orjson.loads(FORMATS["kiosk.json"].make(source(elements=elements)))["organs"][0]["items"][0]
    assert entry["guide"] == f"/publish/v1/items/{entry['id']}/guide"
