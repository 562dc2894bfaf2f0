"""Files are what their content says, and none of them can run anything."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.file_formats import FORMATS, Refused, format_of
from shared.http.uploads import LONGEST_NAME, plain_name
from tests.workflow.files import JPEG, PNG, TEXT, docx, ofd, package, pdf, pdf_with_packed, xlsx

WHOLE = {
    "a.pdf": pdf(), "a.ofd": ofd(), "a.docx": docx(), "a.xlsx": xlsx("xl/printerSettings/printerSettings1.bin"),
    "a.JPG": JPEG, "a.jpeg": JPEG, "a.png": PNG, "a.txt": TEXT,
}  # fmt: skip
MACRO = b'<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
TEMPLATE = b'<Relationship Type="http://x/relationships/attachedTemplate" Target="http://e/x.dotm"/>'
# A comment that looks like the begin of a stream: readers show the object behind it.
HIDDEN = pdf().replace(b"trailer", b"%<<>>stream\n5 0 obj<</S/JavaScript>>endobj\n%endstream\ntrailer")


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_of_each_format_is_taken(name: str) -> None:
    media_type = format_of(name, WHOLE[name])
    assert media_type.partition(";")[0] in {each.media_type for each in FORMATS}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("other", WHOLE)
def test_a_name_that_says_another_format_than_the_content_is_refused(name: str, other: str) -> None:
    if name[2:].lower()[:2] == other[2:].lower()[:2]:
        return
    with pytest.raises(Refused) as refused:
        format_of(name, WHOLE[other])
    assert refused.value.code == "not_of_format"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ\x90", "format_not_taken"),
        ("a.docm", docx(), "format_not_taken"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "format_not_taken"),
        ("纪要", pdf(), "format_not_taken"),
        ("a.txt", b"MZ\x90\x00\x03", "not_of_format"),
        ("a.txt", b"#!/bin/sh\nrm\n", "active_content"),
        ("a.docx", docx("word/vbaProject.bin"), "macro"),
        ("a.docx", docx("word/activeX/activeX1.xml"), "macro"),
        ("a.docx", docx(**{"[Content_Types]_xml": MACRO}), "macro"),
        ("a.docx", docx("word/embeddings/oleObject1.bin"), "active_content"),
        ("a.docx", docx("word/_rels/settings.xml.rels", settings_xml_rels=TEMPLATE), "active_content"),
        ("a.docx", docx("../evil.xml"), "active_content"),
        ("a.xlsx", xlsx("xl/setup.EXE"), "active_content"),
        ("a.ofd", ofd("Doc_0/run.js"), "active_content"),
        ("a.docx", docx()[:-30], "not_of_format"),
        ("a.pdf", pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "active_content"),
        ("a.pdf", pdf(b"/OpenAction<</S/J#61vaScript>>"), "active_content"),
        ("a.pdf", pdf(b"/Names<</EmbeddedFiles 3 0 R>>"), "active_content"),
        ("a.pdf", pdf_with_packed(b"<</S/Launch/F(cmd.exe)>>"), "active_content"),
        ("a.pdf", pdf(b"/Encrypt 4 0 R"), "encrypted"),
        ("a.pdf", HIDDEN, "active_content"),
        ("a.pdf", pdf(b"<<>>stream\nendstream" * 100_001), "too_much_inside"),
        ("a.pdf", pdf()[:-7], "not_of_format"),
        ("a.pdf", pdf_with_packed(bytes(65 * 1024 * 1024)), "too_much_inside"),
    ],
)  # fmt: skip
def test_what_could_run_anything_or_is_not_whole_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        format_of(name, content)
    assert refused.value.code == code


def test_words_inside_a_compressed_stream_are_no_scripts() -> None:
    assert format_of("a.pdf", pdf_with_packed(b"<</Type/Font/BaseFont/JSong>>")) == "application/pdf"
    picture = b"3 0 obj\n<</Subtype/Image/Length 9>>\nstream\nxx/JS yyy\nendstream\nendobj\ntrailer"
    assert format_of("a.pdf", pdf().replace(b"trailer", picture)) == "application/pdf"


@pytest.mark.parametrize("part", [b"<<", b"<<>>", b"<<>>stream\n", b"1 1 "])
def test_a_file_made_to_be_searched_for_ever_is_read_once(part: bytes) -> None:
    content = pdf(part * 500_000)
    began = time.process_time()
    with suppress(Refused):
        format_of("a.pdf", content)
    assert time.process_time() - began < 10, "2 MB took 20 minutes where each sign was searched on from"


def test_a_package_that_unpacks_without_end_is_refused_before_it_is_unpacked() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("OFD.xml", b"<x/>")
        file.writestr("Doc_0/big.xml", bytes(301 * 1024 * 1024))
    with pytest.raises(Refused) as refused:
        format_of("a.ofd", made.getvalue())
    assert refused.value.code == "too_much_inside"
    with pytest.raises(Refused):
        format_of("a.ofd", package("OFD.xml", *(f"part{number}.xml" for number in range(5_001))))


@given(
    content=st.binary(max_size=300), suffix=st.sampled_from([suffix for each in FORMATS for suffix in each.suffixes])
)
def test_any_bytes_under_any_name_are_taken_or_refused_and_nothing_else(content: bytes, suffix: str) -> None:
    starts = {"pdf": b"%PDF-1.7\n<<", "png": PNG[:20], "jpg": JPEG[:4], "docx": docx()[:60], "xlsx": b"PK\x03\x04"}
    for made in (content, starts.get(suffix, b"") + content + b"%%EOF"):
        with suppress(Refused):
            assert format_of(f"a.{suffix}", made)


@given(st.text(max_size=400))
def test_a_file_name_has_no_folder_and_no_end(name: str) -> None:
    shown = plain_name(f"C:\\x/{name}/../{name}.pdf")
    assert "/" not in shown
    assert "\\" not in shown
    assert len(shown) <= LONGEST_NAME
    assert shown.endswith(".pdf")
    assert shown.isprintable()
