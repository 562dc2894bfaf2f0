"""Papers and the templates of administrations: what is drawn, what is escaped, and what a template cannot do."""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import time
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.publish.documents import confinement
from services.publish.documents.printed import Document, order_of
from services.publish.documents.templates import rules
from services.publish.documents.templates.samples import sample
from shared import doctor, problems
from shared.annex.page import folders
from shared.child_writer import LENGTH
from shared.paper import flow, glyphs, lockdown, press, printing, templates, web
from shared.paper.model import Flow, Paper, Step
from shared.paper.printing import Template
from shared.paper.refused import Refused
from shared.settings import Settings

SAMPLE = sample("guide")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def word(*lines: str) -> bytes:
    """A Word template of these lines."""
    document, file = docx.Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(file)
    return file.getvalue()


def template(content: bytes, engine: str = "typst") -> Template:
    return Template(engine=engine, content=content, sha256=sha256(content).hexdigest())


@given(steps=st.lists(st.builds(Step, name=TEXT, note=TEXT, stage=st.sampled_from(["", "accept", "decide"]),
                                special=st.booleans()), max_size=8), title=TEXT, refusal=TEXT)  # fmt: skip
@settings(max_examples=60)
def test_a_chart_is_well_formed_and_holds_no_element_of_its_texts(steps: list[Step], title: str, refusal: str) -> None:
    drawn = flow.svg(Flow(title=title, steps=steps, correction="五日内", refusal=refusal))
    root = ElementTree.fromstring(drawn)
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text"}
    bottoms = [int(one.get("y", 0)) + int(one.get("height", 0)) for one in root.iter() if one.tag.endswith("rect")]
    assert max(bottoms) <= int(str(root.get("height"))), "everything lies within the drawing"


@given(text=TEXT)
@settings(max_examples=60)
def test_a_page_shows_what_people_wrote_and_runs_none_of_it(text: str) -> None:
    paper = Paper(kind="guide", title=text, issuer=text, facts=[(text, text)], sections=[], colophon=[text])
    page = web.page(paper).decode()
    assert page.count("<script") == 0
    assert page.count("<dt>") == 1
    assert "'none'" in web.POLICY
    assert Paper.of(paper.as_dict()) == paper


def test_a_sign_no_font_can_draw_is_shown_by_its_number() -> None:
    covered = glyphs.covered(tuple(str(one) for one in folders()))
    assert glyphs.shown("龘与𠮷：①（A）", covered) == "龘与〔U+20BB7〕：①（A）"
    assert glyphs.shown("葛󠄀", covered) == "葛󠄀", "a variation selector has nothing to draw"
    assert glyphs.covered(()) < covered


@pytest.mark.parametrize(
    ("line", "code", "named"),
    [
        ("{{ nmae }}", "unknown_field", "nmae"),
        ("{% for row in materials %}{{ row.colour }}{% endfor %}", "unknown_field", "row.colour"),
        ("{{ (materials | first).colour }}", "unknown_field", "colour"),
        ("{{ name.__class__ }}", "unknown_field", "__class__"),
        ("{{ name", "template_syntax", ""),
        ("{% include '/etc/hostname' %}", "template_failed", ""),
        ("{{ 'a' * 1000000000 }}", "template_failed", ""),
        ("{{ '%0999999999d' % 1 }}", "template_failed", ""),
        ("{{ name.upper() }}", "unknown_field", "name.upper"),
        ("{{ steps[0]['__class__'] }}", "unknown_field", "__class__"),
        ("{{ ().__class__.__bases__ }}", "template_failed", ""),
        ("{{ range(9) }}", "unknown_field", "range"),
        ("{{ name | attr('upper') }}", "template_failed", "attr"),
    ],
)
def test_a_word_template_that_reaches_for_more_than_its_fields_is_refused(line: str, code: str, named: str) -> None:
    def uploaded(content: bytes) -> bytes:
        templates.check_fields(content, SAMPLE.data)
        return templates.filled(content, SAMPLE.data, None)

    with pytest.raises(Refused) as refused:
        uploaded(word(line))
    assert refused.value.code == code
    assert named in refused.value.message


def test_a_word_template_prints_fields_loops_and_chooses() -> None:
    rows = "{% for row in materials %}{{ loop.index }}{{ row.name | default('无') }} {% endfor %}"
    content = word("{{ title }}", rows, "{% if complete %}完整{% else %}不完整{% endif %}")
    templates.check_fields(content, SAMPLE.data)
    nasty = {**SAMPLE.data, "title": "<w:p>&甲"}
    made = docx.Document(io.BytesIO(templates.filled(content, nasty, None)))
    texts = [one.text for one in made.paragraphs]
    assert texts[0] == "<w:p>&甲"
    assert texts[1].startswith("1示例文字")
    assert texts[2] == "完整"


def test_a_package_that_unpacks_without_end_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * (templates.LARGEST_PART + 1))
    with pytest.raises(Refused, match="展开后过大"):
        templates.check_package(file.getvalue())
    with pytest.raises(Refused, match="不是 DOCX"):
        templates.check_package(b"PK\x03\x04")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('#read("/etc/hostname")', "模板无法排版"),
        ('#read("../../../../etc/hostname")', "模板无法排版"),
        ('#import ("@pre" + "view/cetz:0.3.0"): *', "模板无法排版"),
        ('#let d = json(bytes(sys.inputs.data)); #d.colour', "colour"),
        ("#for a in range(9000) { for b in range(9000) { for c in range(9000) { let d = a + b + c } } }", "已中止"),
        ("#let grow(n) = if n == 0 { \"a\" * 1000 } else { grow(n - 1) * 40 }; #grow(8).len()", ""),
    ],
)  # fmt: skip
async def test_a_typst_template_reads_no_file_reaches_no_network_and_ends(source: str, told: str) -> None:
    started = time.monotonic()
    made = sample("guide", template(source.encode()))
    with pytest.raises(Refused) as refused:
        async with printing.press(made.template, seconds=3) as printer:
            await printer.printed(order_of(made, "pdf"))
    assert told in refused.value.message
    assert time.monotonic() - started < 20


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="seccomp(2) of these machines alone")
def test_a_press_has_no_network_and_starts_no_program() -> None:
    tries = """
import os, socket, sys
from shared.paper import lockdown
assert lockdown.lock(20)
connect = lambda: socket.create_connection(("127.0.0.1", 1))
for attempt in (socket.socket, connect, lambda: os.execv("/bin/true", ["x"])):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit(1)
try:
    bytearray(lockdown.MEMORY)
except MemoryError:
    sys.exit(0)
sys.exit(2)
"""
    assert subprocess.run([sys.executable, "-c", tries], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("confined", [True, False])
def test_a_template_that_cannot_be_confined_is_run_only_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, confined: bool
) -> None:
    monkeypatch.setattr(lockdown, "lock", lambda seconds: False)
    monkeypatch.setattr("shared.settings.load", lambda: Settings(templates_confined=confined))

    def told(own: Template | None, document: Document) -> bytes:
        target = io.BytesIO()
        orders = [printing._setting(str(tmp_path), own), order_of(document, "docx").frame()]
        press.serve(io.BytesIO(b"".join(LENGTH.pack(len(one)) + one for one in orders)), target)
        return target.getvalue()[LENGTH.size :]

    made = sample("guide", template(word("{{ title }}"), "docx"))
    answer = told(made.template, made)
    assert answer[:1] == (press.REFUSED if confined else press.MADE)
    assert (press.NOT_CONFINED.encode() in answer) is confined
    assert told(None, SAMPLE)[:1] == press.MADE, "the shipped form runs nobody's template"


async def test_the_service_says_at_its_start_that_templates_are_not_confined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as logged:
        await confinement.warn_where_missing(required=True)
        here = list(logged)
        monkeypatch.setattr(sys, "executable", "/bin/false")
        await confinement.warn_where_missing(required=True)
        monkeypatch.setattr(sys, "executable", "/nowhere")
        await confinement.warn_where_missing(required=False)
    missing = platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64", "loongarch64")
    assert bool(here) is missing
    assert [one["templates"] for one in logged[len(here) :]] == ["not run", "run"]


def test_the_doctor_names_templates_in_use_that_this_machine_cannot_confine() -> None:
    assert doctor.of_templates(2, confined=True) == doctor.of_templates(0, confined=False) == []
    [told] = doctor.of_templates(2, confined=False)
    assert "Remedy:" in told


async def test_a_press_prints_text_that_can_be_selected_and_the_same_paper_as_the_same_file() -> None:
    source = "#let d = json(bytes(sys.inputs.data))\n#set text(font: d.fonts)\n= #d.title\n#d.materials.at(0).name"
    made = sample("guide", template(source.encode()))
    async with printing.press(made.template) as printer:
        file = await printer.printed(order_of(made, "pdf"))
        assert await printer.printed(order_of(made, "pdf")) == file, "the same paper is the same file"
    assert "示例事项办事指南" in pypdf.PdfReader(io.BytesIO(file)).pages[0].extract_text()
    async with printing.press() as printer:
        shipped = await printer.printed(order_of(SAMPLE, "pdf"))
    assert "办理流程图" in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(shipped)).pages)


@pytest.mark.req("HB-37")
def test_the_nearest_template_holds_as_far_as_those_above_allow() -> None:
    def placed(region: str, open_below: bool) -> Any:
        return type("Placed", (), {"region_code": region, "open_below": open_below})()

    nation, province, city = placed("0", True), placed("44", False), placed("4401", True)
    assert rules.holding([]) is None
    assert rules.holding([nation, city]) is city
    assert rules.holding([nation, province, city]) is province
    with pytest.raises(problems.Conflict) as refused:
        rules.check_allowed([nation, province], "4401")
    assert refused.value.code == "template_fixed_above"
    rules.check_allowed([nation, province], "44")
