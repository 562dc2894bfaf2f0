"""An annex as PDF, set by Typst: text that can be selected and searched, with the font embedded.

The font is a package (SIL Open Font License); an administration that has the faces of GB/T 9704 names its own folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import typst

from shared import settings
from shared.annex.layout import SERIAL, Column, Cover
from shared.annex.sheet import lines

_TEMPLATE = Path(__file__).with_name("annex.typ")
_SERIAL_WEIGHT = 1
# Fonts of the package, behind those of the administration's own folder.
PACKAGE = "pylopdf_fonts_zh_cn"
FAMILIES = ("Noto Serif SC", "Noto Sans SC")
OWN_FAMILIES = ("FangSong_GB2312", "FangSong", "仿宋")


class PdfAnnex:
    """Rows are kept until the end: a page is set when all of its text is known."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._path, self._columns = path, columns
        self._rows: list[list[str]] = []

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._rows.append([str(len(self._rows) + 1), *texts])

    def close(self, cover: Cover) -> None:
        """Set the pages."""
        document = {
            "cover": asdict(cover),
            "lines": lines(cover, len(self._rows)),
            "columns": [SERIAL, *(column.title for column in self._columns)],
            "weights": [_SERIAL_WEIGHT, *(column.weight for column in self._columns)],
            "rows": self._rows,
            "fonts": list(families()),
        }
        given = {"annex": orjson.dumps(document).decode()}
        typst.compile(
            str(_TEMPLATE), output=str(self._path), format="pdf",
            sys_inputs=given, font_paths=[str(folder) for folder in folders()], ignore_system_fonts=True,
        )  # fmt: skip


def folders() -> list[Path]:
    """Where fonts are looked for."""
    own = settings.load().font_dir
    return ([own] if own else []) + [Path(str(files(PACKAGE)))]


def families() -> tuple[str, ...]:
    """Names of fonts, the preferred one first; those that are not there are passed over."""
    return (*OWN_FAMILIES, *FAMILIES) if settings.load().font_dir else FAMILIES
