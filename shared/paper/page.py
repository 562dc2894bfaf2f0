"""A paper as PDF, set by Typst: text that can be selected and searched, fonts embedded (see `shared/annex/page.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import typst

from shared.paper import glyphs
from shared.paper.flow import is_tall, svg
from shared.paper.model import Flow, Paper
from shared.paper.refused import Refused

TEMPLATE = Path(__file__).with_name("paper.typ")
_CHART = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.chart), format: "svg")\n'
# Twice what a screen shows: lines of a chart stay lines on paper.
_DOTS = 144.0
# A PDF tells when it was made; this one tells what it was made from, and is the same whenever it is.
_NO_TIME = 0


class Setter:
    """Sets papers with the shipped template, or data with one of an administration.

    It keeps its fonts and what Typst remembers: it lives as long as its process, which is short.
    """

    def __init__(self, folder: Path, fonts: Sequence[str], families: Sequence[str], template: bytes | None) -> None:
        self._families = list(families)
        self._covered = glyphs.covered(tuple(fonts))
        main, chart = folder / "main.typ", folder / "chart.typ"
        main.write_bytes(template if template is not None else TEMPLATE.read_bytes())
        chart.write_bytes(_CHART)
        known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(fonts))
        self._pages, self._charts = (
            typst.Compiler(str(path), root=str(folder), font_paths=known, ignore_system_fonts=True,
                           package_path=str(folder), package_cache_path=str(folder))
            for path in (main, chart)
        )  # fmt: skip

    def page(self, paper: Paper) -> bytes:
        """The paper as PDF."""
        given = paper.as_dict()
        for section, said in zip(paper.sections, given["sections"], strict=True):
            said["chart"] = svg(section.flow) if section.flow else None
            said["tall"] = is_tall(said["chart"] or "")
        return self._set({"paper": self._visible({**given, "fonts": self._families})})

    def data(self, data: Mapping[str, Any], flow: Flow | None) -> bytes:
        """Data as the administration's own template sets it. Raises Refused with what Typst says."""
        chart = svg(flow) if flow else ""
        return self._set({"data": self._visible({**data, "chart": chart, "fonts": self._families})})

    def picture(self, flow: Flow) -> bytes:
        """A chart as PNG, for formats that cannot draw."""
        made = self._charts.compile(format="png", ppi=_DOTS, sys_inputs={"chart": self._visible(svg(flow))})
        assert isinstance(made, bytes)
        return made

    def _set(self, inputs: Mapping[str, Any]) -> bytes:
        given = {name: orjson.dumps(value).decode() for name, value in inputs.items()}
        try:
            made = self._pages.compile(format="pdf", sys_inputs=given, timestamp=_NO_TIME)
        except typst.TypstError as error:
            raise Refused("template_failed", f"模板无法排版：{str(error)[:300]}") from None
        assert isinstance(made, bytes)
        return made

    def _visible(self, value: Any) -> Any:
        """The same with signs no font can draw made visible."""
        match value:
            case str():
                return glyphs.shown(value, self._covered)
            case dict():
                return {key: self._visible(one) for key, one in value.items()}
            case list() | tuple():
                return [self._visible(one) for one in value]
        return value
