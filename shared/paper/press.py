"""The process that prints papers: `python -m shared.paper.press`.

Frames are a 4-byte length and JSON. The first one says how: {"folder", "fonts", "families", "seconds", "confined",
"template": {"engine", "content"}?}; each further one is an order: {"act": "page" | "word" | "check", "paper", "data"}.
Each answer is a 4-byte length, a byte (0 made, 1 refused) and the file, or the refusal as JSON. Before the first order
it gives up the network and whatever else it does not need (`lockdown`); where it cannot, and is told that it has to
(`confined`), it touches no template of an administration.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from shared.child_writer import LENGTH, incoming
from shared.paper import lockdown
from shared.paper.model import Paper
from shared.paper.page import Setter
from shared.paper.refused import Refused

MADE, REFUSED = b"\x00", b"\x01"
NOT_CONFINED = "not_confined"
DOCX, TYPST = "docx", "typst"


class Press:
    """Prints what it is told to; see the module."""

    def __init__(self, setting: Mapping[str, Any]) -> None:
        template = setting.get("template") or {}
        self._engine: str = template.get("engine", "")
        self._content = base64.b64decode(template.get("content", ""))
        own = self._content if self._engine == TYPST else None
        self._setter = Setter(Path(setting["folder"]), setting["fonts"], setting["families"], own)

    def done(self, order: Mapping[str, Any]) -> bytes:
        """What an order asks for. Raises Refused.

        Word is loaded when it is written: a PDF needs none of it, and somebody waits for the press to start.
        """
        if order["act"] == "check":
            if self._engine == DOCX:
                from shared.paper import templates

                templates.check_fields(self._content, order["data"])
            return b""
        paper = Paper.of(order["paper"])
        flows = {section.key: section.flow for section in paper.sections if section.flow}
        if order["act"] == "page":
            first = next(iter(flows.values()), None)
            return self._setter.data(order["data"], first) if self._engine == TYPST else self._setter.page(paper)
        charts = {key: self._setter.picture(flow) for key, flow in flows.items()}
        if self._engine == DOCX:
            from shared.paper import templates

            return templates.filled(self._content, order["data"], next(iter(charts.values()), None))
        from shared.paper import word

        return word.written(paper, charts)


def answers(frames: Iterator[Any], press: Press, *, barred: bool = False) -> Iterator[bytes]:
    """An answer for each order; `barred` : the template may not be run here."""
    for order in frames:
        try:
            if barred:
                raise Refused(NOT_CONFINED, "本机不能隔离运行模板，已按设置停用各地模板；请联系运行维护人员")
            yield MADE + press.done(order)
        except Refused as refused:
            yield REFUSED + orjson.dumps({"code": refused.code, "message": refused.message})


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Print until the other side closes."""
    frames = incoming(source)
    setting = next(frames)
    press = Press(setting)
    locked = lockdown.lock(setting["seconds"])
    barred = setting["confined"] and not locked and setting["template"] is not None
    for answer in answers(frames, press, barred=barred):
        target.write(LENGTH.pack(len(answer)) + answer)
        target.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
