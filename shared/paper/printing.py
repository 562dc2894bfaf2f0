"""Printing from the side of who wants it: a press is started for some papers, watched, and gone afterwards."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from shared import settings
from shared.annex import page as annex_page
from shared.child_writer import LENGTH
from shared.paper.model import Paper
from shared.paper.refused import Refused

Act = Literal["page", "word", "check"]
MODULE = "shared.paper.press"
_ROOT = Path(__file__).resolve().parents[2]
# The longest paper of a usual template takes a fifth of a second; what takes this long does not end.
LONGEST_SECONDS = 10.0
# All a press may do is bounded as well: as many papers as one is started for, each in good time.
PROCESSOR_SECONDS = 60
_MADE = 0
# A thread a core and its share of the heap would be more than a press may reserve, where there are dozens of cores.
_SMALL = {"RAYON_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template of an administration: `engine` is docx or typst."""

    engine: str
    content: bytes
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """One thing to be printed: the paper for the shipped form, its data for a template of one's own."""

    act: Act
    paper: Paper
    data: Mapping[str, Any]

    def frame(self) -> bytes:
        """As it is sent."""
        return orjson.dumps({"act": self.act, "paper": self.paper.as_dict(), "data": self.data})


class Printer:
    """A running press."""

    def __init__(self, process: asyncio.subprocess.Process, seconds: float) -> None:
        self._process, self._seconds = process, seconds

    async def printed(self, order: Order) -> bytes:
        """The file an order makes.

        Raises
        ------
        Refused
            The template asks for what there is not, or takes more time or memory than a paper may.
        """
        try:
            async with asyncio.timeout(self._seconds):
                self._write(order.frame())
                answer = await self._answer()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            raise Refused("template_stopped", "生成文件用时或占用内存过多，已中止；请简化模板") from None
        if answer[0] != _MADE:
            told = orjson.loads(answer[1:])
            raise Refused(told["code"], told["message"])
        return answer[1:]

    def _write(self, frame: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(LENGTH.pack(len(frame)) + frame)

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        [length] = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
        return await self._process.stdout.readexactly(length)


@asynccontextmanager
async def press(template: Template | None = None, *, seconds: float = LONGEST_SECONDS) -> AsyncIterator[Printer]:
    """A press for some papers; its process and its folder are gone afterwards, however that comes."""
    with tempfile.TemporaryDirectory(prefix="press-", ignore_cleanup_errors=True) as folder:
        # Nothing of our environment: a template must find no address and no secret in it.
        search = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": search, "HOME": folder, "LANG": "C.UTF-8", **_SMALL},
        )  # fmt: skip
        try:
            printer = Printer(process, seconds)
            printer._write(_setting(folder, template))
            yield printer
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _setting(folder: str, template: Template | None) -> bytes:
    own = {"engine": template.engine, "content": base64.b64encode(template.content).decode()} if template else None
    return orjson.dumps({
        "folder": folder, "fonts": [str(one) for one in annex_page.folders()], "families": annex_page.families(),
        "seconds": PROCESSOR_SECONDS, "confined": settings.load().templates_confined, "template": own,
    })  # fmt: skip
