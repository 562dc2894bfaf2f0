"""An annex as PDF, set by Typst: text that can be selected and searched, with the font embedded.

The font is a package (SIL Open Font License); an administration that has the faces of GB/T 9704 names its own folder.
A page is set from the whole text of its document, and Typst keeps what it has set as long as its process lives. Long
annexes are therefore set in parts, each after the first in a process of its own, and joined: the memory is bounded.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import typst
from pypdf import PdfReader, PdfWriter

from shared import settings
from shared.annex.layout import SERIAL, Column, Cover, lines

_TEMPLATE = Path(__file__).with_name("annex.typ")
_SERIAL_WEIGHT = 1
# Rows set at once: measured at 0.1 MB each and 0.1 GB for the process, of which there are two at most.
PART = 2_500
# Fonts of the package, behind those of the administration's own folder.
PACKAGE = "pylopdf_fonts_zh_cn"
FAMILIES = ("Noto Serif SC", "Noto Sans SC")
OWN_FAMILIES = ("FangSong_GB2312", "FangSong", "仿宋")


class PdfAnnex:
    """The table is set part by part; the cover, which tells how much it is, is set last and put in front."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._path, self._columns = path, columns
        self._rows: list[list[str]] = []
        self._number = self._pages = 0
        self._parts: list[Path] = []

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._number += 1
        self._rows.append([str(self._number), *texts])
        if len(self._rows) == PART:
            self._set_table()

    def close(self, cover: Cover) -> None:
        """Set what is left and put the pages together."""
        if self._rows or not self._parts:
            self._set_table()
        front = self._set("cover", {"cover": asdict(cover), "lines": lines(cover, self._number)})
        with PdfWriter() as whole:
            for part in (front, *self._parts):
                whole.append(part)
            whole.add_metadata({"/Title": cover.title, "/Author": cover.issuer})
            whole.compress_identical_objects()
            whole.write(self._path)
        for part in (front, *self._parts):
            part.unlink()

    def _set_table(self) -> None:
        part = self._set(f"part{len(self._parts)}", {
            "columns": [SERIAL, *(column.title for column in self._columns)],
            "weights": [_SERIAL_WEIGHT, *(column.weight for column in self._columns)],
            "rows": self._rows,
            "first": self._pages + 1,
        })  # fmt: skip
        self._parts.append(part)
        self._pages += len(PdfReader(part).pages)
        self._rows = []

    def _set(self, name: str, document: Mapping[str, Any]) -> Path:
        made = self._path.with_suffix(f".{name}.pdf")
        given: dict[str, Any] = {"cover": None, "lines": [], "columns": [], "weights": [], "rows": [], "first": 1}
        annex = orjson.dumps({**given, **document, "fonts": families()}).decode()
        if self._parts and document.get("rows"):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
                apart.submit(_typeset, str(made), annex).result()
        else:
            _typeset(str(made), annex)
        return made


def _typeset(made: str, annex: str) -> None:
    """Set a document as PDF; also the task of a process of its own."""
    typst.compile(
        str(_TEMPLATE), output=made, format="pdf", sys_inputs={"annex": annex},
        font_paths=[str(folder) for folder in folders()], ignore_system_fonts=True,
    )  # fmt: skip


def folders() -> list[Path]:
    """Where fonts are looked for."""
    own = settings.load().font_dir
    return ([own] if own else []) + [Path(str(files(PACKAGE)))]


def families() -> Sequence[str]:
    """Names of fonts, the preferred one first; those that are not there are passed over."""
    return (*OWN_FAMILIES, *FAMILIES) if settings.load().font_dir else FAMILIES
