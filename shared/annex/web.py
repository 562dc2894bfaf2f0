"""An annex as a page (HTML): one file without scripts, styles inside, that any browser shows and prints."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from shared.annex.layout import SERIAL, Column, Cover, lines

_STYLE = (
    "body{font-family:FangSong,'Noto Serif SC',serif;margin:2em}header{text-align:center;margin:3em 0}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #000;padding:.3em;vertical-align:top;"
    "white-space:pre-line}thead{display:table-header-group}tr{break-inside:avoid}td:first-child{text-align:center}"
)


class HtmlAnnex:
    """Rows are written as they come; the cover stands before them, so it is put in front at the end."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._path = path
        self._rows = path.with_suffix(".rows")
        self._file = self._rows.open("w", encoding="utf-8")
        titles = "".join(f"<th>{escape(title)}</th>" for title in [SERIAL, *(column.title for column in columns)])
        self._head = f"<thead><tr>{titles}</tr></thead>"
        self._number = 0

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._number += 1
        cells = "".join(f"<td>{escape(text)}</td>" for text in [str(self._number), *texts])
        self._file.write(f"<tr>{cells}</tr>\n")

    def close(self, cover: Cover) -> None:
        """Put the page together."""
        self._file.close()
        first, *others = lines(cover, self._number)
        told = "".join(f"<p>{escape(line)}</p>" for line in others)
        with self._path.open("w", encoding="utf-8") as page, self._rows.open(encoding="utf-8") as rows:
            page.write(
                f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(first)}</title>'
                f"<style>{_STYLE}</style></head>\n<body><header><h1>{escape(first)}</h1>{told}</header>\n"
                f"<table>{self._head}<tbody>\n"
            )
            while block := rows.read(1 << 18):
                page.write(block)
            page.write("</tbody></table></body></html>\n")
        self._rows.unlink()
