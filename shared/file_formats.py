"""What a file is, by its content and not by its name; what could run anything is refused. Pure."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

_OOXML = "application/vnd.openxmlformats-officedocument."


class Refused(Exception):
    """The file is not taken; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Format:
    """A format that is taken.

    Attributes
    ----------
    suffixes : of its file names, the first is given to a download.
    media_type : with which it is given out again.
    check : raises `Refused` where the content is not of the format, or does more than show.
    """

    title: str
    suffixes: tuple[str, ...]
    media_type: str
    check: Callable[[bytes], None]


# -- PDF (ISO 32000) --

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
# A scan of a hundred pages has some hundreds.
_MOST_STREAMS = 100_000
# As long as the dictionary before a stream may be; more of it is looked at with the rest of the file.
_LONGEST_DICTIONARY = 4_000
# What begins an object inside of a stream: a reader that does not take it for one shows the object.
_OBJECT = re.compile(rb"[0-9]\s{1,20}[0-9]{1,10}\s{1,20}obj")
# Names may be written with #xx; scripts, programs and files inside need one of these.
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)(?![A-Za-z0-9])")
_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
# Objects packed into streams are unpacked up to here; more of them is a bomb and not a document.
_MOST_UNPACKED = 64 * 1024 * 1024


def _pdf(content: bytes) -> None:
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise Refused("not_of_format", "文件不是完整的 PDF")
    streams = list(islice(_streams(content), _MOST_STREAMS + 1))
    if len(streams) > _MOST_STREAMS:
        raise Refused("too_much_inside", "PDF 内部对象过多，请重新生成或精简后上传")
    bare = _unescaped(_without(content, [(begin, end) for _, begin, end in streams]))
    if _ENCRYPTED.search(bare):
        raise Refused("encrypted", "加密的 PDF 无法核验，请解除加密后上传")
    if _ACTIVE.search(bare) or any(_ACTIVE.search(_unescaped(part)) for part in _packed_objects(content, streams)):
        raise Refused("active_content", "PDF 中含有脚本、外部程序或内嵌文件，请另存为普通 PDF")


def _streams(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Dictionary, begin and end of each stream; one pass, however the file is made."""
    place = 0
    while (keyword := _STREAM.search(content, place)) is not None:
        begin = keyword.end()
        dictionary = content[max(place, keyword.start() - _LONGEST_DICTIONARY) : keyword.start()].rstrip()
        end = content.find(b"endstream", begin)
        if end < 0:
            return
        if not dictionary.endswith(b">>"):
            place = begin
            continue
        yield dictionary.rpartition(b"endobj")[2], begin, end
        place = end


def _without(content: bytes, streams: list[tuple[int, int]]) -> bytes:
    """The file without what streams hold: pictures and packed text mean nothing by chance. Objects in them stay."""
    kept, place = [], 0
    for begin, end in streams:
        if _OBJECT.search(content, begin, end) is None:
            kept.append(content[place:begin])
            place = end
    return b"".join([*kept, content[place:]])


def _unescaped(names: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), names)


def _packed_objects(content: bytes, streams: list[tuple[bytes, int, int]]) -> Iterator[bytes]:
    left = _MOST_UNPACKED
    for dictionary, begin, end in streams:
        if b"ObjStm" not in _unescaped(dictionary):
            continue
        unpacker = zlib.decompressobj()
        try:
            part = unpacker.decompress(content[begin:end], left)
        except zlib.error:
            raise Refused("not_of_format", "PDF 的内容无法读取，请重新生成") from None
        left -= len(part)
        if unpacker.unconsumed_tail or left <= 0:
            raise Refused("too_much_inside", "PDF 展开后过大，请精简后上传")
        yield part


# -- Packages: DOCX and XLSX (ISO/IEC 29500), OFD (GB/T 33190-2016) --

_MOST_PARTS = 5_000
_LARGEST_UNPACKED = 300 * 1024 * 1024
_LARGEST_READ = 4 * 1024 * 1024
_PROGRAM = re.compile(
    r"\.(exe|dll|com|scr|bat|cmd|ps1|vbs?|vbe|jse?|wsf|hta|jar|msi|lnk|sh|so|bin|swf)$", re.IGNORECASE
)
_HARMLESS_BINARY = re.compile(r"printerSettings\d*\.bin$", re.IGNORECASE)
# A template or an object that is fetched from elsewhere can bring macros with it.
_FETCHED = re.compile(rb"relationships/(attachedTemplate|oleObject|frame|vbaProject|control)\"", re.IGNORECASE)


def _package(content: bytes, wanted: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if wanted not in {part.filename for part in parts}:
                raise Refused("not_of_format", "文件内容与扩展名不符")
            _check_parts(parts)
            for part in parts:
                if part.filename.endswith(".rels") or part.filename == "[Content_Types].xml":
                    _check_declaration(package.read(part))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise Refused("not_of_format", "文件已损坏或内容与扩展名不符") from None


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
        raise Refused("too_much_inside", "文件展开后过大，请精简后上传")
    for part in parts:
        name = part.filename
        if part.flag_bits & 0x1:
            raise Refused("encrypted", "加密的文件无法核验，请解除加密后上传")
        if "vbaproject" in name.lower() or "activex" in name.lower():
            raise Refused("macro", "文件中含有宏或控件，请另存为不含宏的文件")
        if name.startswith("/") or ".." in name.split("/") or "/embeddings/" in name:
            raise Refused("active_content", "文件中含有内嵌对象，请去除后上传")
        if _PROGRAM.search(name) and not _HARMLESS_BINARY.search(name):
            raise Refused("active_content", "文件中含有程序或脚本，请去除后上传")
        declares = name.endswith(".rels") or name == "[Content_Types].xml"
        if declares and part.file_size > _LARGEST_READ:
            raise Refused("too_much_inside", "文件展开后过大，请精简后上传")


def _check_declaration(declaration: bytes) -> None:
    if b"macroEnabled" in declaration or b"vbaProject" in declaration:
        raise Refused("macro", "文件中含有宏，请另存为不含宏的文件")
    if _FETCHED.search(declaration):
        raise Refused("active_content", "文件引用了外部模板或内嵌对象，请去除后上传")


def _docx(content: bytes) -> None:
    _package(content, "word/document.xml")


def _xlsx(content: bytes) -> None:
    _package(content, "xl/workbook.xml")


def _ofd(content: bytes) -> None:
    _package(content, "OFD.xml")


# -- Pictures and text --


def _jpeg(content: bytes) -> None:
    if not content.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in content:
        raise Refused("not_of_format", "文件不是完整的 JPEG 图片")


def _png(content: bytes) -> None:
    whole = content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and b"IEND\xaeB`\x82" in content[-64:]
    if not whole:
        raise Refused("not_of_format", "文件不是完整的 PNG 图片")


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def encoding_of(content: bytes) -> str | None:
    """The encoding of a plain text: UTF-8, or GB 18030 as older offices write it; None where it is neither."""
    for encoding in ("utf-8", "gb18030"):
        try:
            shown = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(shown) else encoding
    return None


def _text(content: bytes) -> None:
    if encoding_of(content) is None:
        raise Refused("not_of_format", "文件不是纯文本（UTF-8 或 GB18030）")
    begun = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begun.startswith(b"%PDF-"):
        raise Refused("not_of_format", "文件是 PDF，请以 pdf 为扩展名上传")
    if begun.startswith((b"#!", b"<?php")):
        raise Refused("active_content", "文件是脚本，不能作为附件")


FORMATS: tuple[Format, ...] = (
    Format("PDF", ("pdf",), "application/pdf", _pdf),
    Format("OFD", ("ofd",), "application/ofd", _ofd),
    Format("DOCX", ("docx",), f"{_OOXML}wordprocessingml.document", _docx),
    Format("XLSX", ("xlsx",), f"{_OOXML}spreadsheetml.sheet", _xlsx),
    Format("JPEG", ("jpg", "jpeg"), "image/jpeg", _jpeg),
    Format("PNG", ("png",), "image/png", _png),
    Format("纯文本", ("txt",), "text/plain", _text),
)
_BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
TAKEN = "、".join(format_.title for format_ in FORMATS)


def format_of(file_name: str, content: bytes) -> str:
    """The media type under which a file is given out again: its name and its content agree.

    Raises
    ------
    Refused
        No such format is taken, the content is not of the format its name says, or it could run something.
    """
    suffix = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    format_ = _BY_SUFFIX.get(suffix)
    if format_ is None:
        raise Refused("format_not_taken", f"只接受 {TAKEN} 文件（含宏的文件、旧版 doc、xls 请另存）")
    format_.check(content)
    if format_.media_type == "text/plain":
        return f"text/plain; charset={encoding_of(content)}"
    return format_.media_type
