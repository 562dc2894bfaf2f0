"""The flow chart of a process as SVG: one column of steps from application to delivery, exceptions beside it.

The layout is our own: a chart of a dozen boxes in a line needs no library. Everything that people wrote is escaped;
there is no script, no reference and no style from elsewhere in it, and title and description say it to those who
cannot see it (WCAG 1.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from shared.paper.model import Flow, Step

FAMILIES = "Noto Serif SC, FangSong, serif"
WIDTH, BOX, SIDE, GAP = 640, 300, 220, 34
_LINE, _PAD, _SIZE = 20, 12, 14
_LEFT, _SIDE_LEFT = 20, 400
_CENTRE = _LEFT + BOX // 2
# A line of a box holds so many full-width signs; what is longer goes on in the next, and ends after the last.
_IN_BOX, _IN_SIDE, _MOST_LINES = 19, 14, 6
# Height of a drawing that still fits under its heading, of its width.
_HIGHEST = 1.6
_HEIGHT = re.compile(r' height="([0-9]+)" role=')
# What XML cannot hold is no part of a drawing.
_UNSAFE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])
# Never at the beginning of a line (GB/T 15834-2011): they hang over the end of the one before.
_HANGING = frozenset("，。、；：？！）》”’")
_ACCEPT, _DECIDE = "accept", "decide"


@dataclass
class _Drawing:
    """What has been drawn, and how far down it reaches."""

    bottom: int = 10
    boxed: int = 10  # where the last box of the column ends
    parts: list[str] = field(default_factory=list)


def is_tall(drawing: str) -> bool:
    """Whether a drawing as wide as the text would be higher than a page of A4."""
    found = _HEIGHT.search(drawing)
    return found is not None and int(found[1]) > WIDTH * _HIGHEST


def svg(flow: Flow) -> str:
    """The drawing; the same flow gives the same bytes."""
    drawing = _Drawing()
    _box(drawing, ["申请人提出申请"], rounded=True)
    accepted = decided = False
    for step in flow.steps:
        if step.stage == "apply":
            continue
        _arrow(drawing)
        top = drawing.bottom
        _box(drawing, _lines(step), dashed=step.special)
        if not accepted and (step.stage == _ACCEPT or "受理" in step.name):
            accepted = True
            _branch(drawing, top, _corrections(flow))
        elif flow.refusal and not decided and (step.stage == _DECIDE or "决定" in step.name):
            decided = True
            _branch(drawing, top, [flow.refusal])
    _arrow(drawing)
    _box(drawing, ["办结"], rounded=True)
    height = drawing.bottom + 10
    told = "；".join(
        filter(None, (f"{number}. {one.name} {one.note}".strip() for number, one in enumerate(flow.steps, 1)))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="flow-title flow-description"><title id="flow-title">{_text(flow.title)}</title>'
        f'<desc id="flow-description">{_text(told)}</desc>'
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L10 5L0 10z" fill="#333"/></marker></defs>'
        f'<g font-family="{FAMILIES}" font-size="{_SIZE}" text-anchor="middle" fill="#000">'
        f"{''.join(drawing.parts)}</g></svg>"
    )


def _corrections(flow: Flow) -> list[str]:
    told = (
        f"材料不齐全或不符合法定形式的，{flow.correction}一次性告知补正"
        if flow.correction
        else "材料不齐全的，一次性告知补正"
    )
    return [told, "依法不属于受理范围的，不予受理并说明理由"]


def _lines(step: Step) -> list[str]:
    return [*_wrapped(step.name, _IN_BOX), *_wrapped(step.note, _IN_BOX)][:_MOST_LINES]


def _wrapped(text: str, most: int) -> list[str]:
    """Lines of at most so many full-width signs; narrow ones count half."""
    lines, line, width = [], "", 0.0
    for sign in " ".join(text.split()):
        taken = 0.5 if ord(sign) < 0x2000 else 1.0
        if width + taken > most and sign not in _HANGING:
            lines.append(line)
            line, width = "", 0.0
        line, width = line + sign, width + taken
    lines = [*lines, line] if line else lines
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][: most - 1]}…"]


def _box(drawing: _Drawing, lines: Sequence[str], *, rounded: bool = False, dashed: bool = False) -> None:
    top, height = drawing.bottom, len(lines) * _LINE + 2 * _PAD
    drawing.parts.append(_rectangle(_LEFT, top, BOX, height, radius=height // 2 if rounded else 4, dashed=dashed))
    drawing.parts += _written(_CENTRE, top, lines)
    drawing.bottom = drawing.boxed = top + height


def _branch(drawing: _Drawing, top: int, texts: Sequence[str]) -> None:
    """Boxes beside the one that begins at `top`, each with an arrow from it."""
    below = top
    for text in texts:
        lines = _wrapped(text, _IN_SIDE)
        height = len(lines) * _LINE + 2 * _PAD
        middle = below + height // 2
        joint = min(middle, drawing.boxed - 6)
        drawing.parts.append(
            f'<path d="M{_LEFT + BOX} {joint}H{_SIDE_LEFT - 30}V{middle}H{_SIDE_LEFT}" fill="none" stroke="#333" '
            'marker-end="url(#arrow)"/>'
        )
        drawing.parts.append(_rectangle(_SIDE_LEFT, below, SIDE, height, radius=4, dashed=True))
        drawing.parts += _written(_SIDE_LEFT + SIDE // 2, below, lines)
        below += height + 10
    drawing.bottom = max(drawing.bottom, below - 10)


def _rectangle(left: int, top: int, width: int, height: int, *, radius: int, dashed: bool) -> str:
    place = f'x="{left}" y="{top}" width="{width}" height="{height}" rx="{radius}"'
    stroke = ' stroke-dasharray="5 3"' if dashed else ""
    return f'<rect {place} fill="none" stroke="#333"{stroke}/>'


def _written(centre: int, top: int, lines: Sequence[str]) -> list[str]:
    first = top + _PAD + _SIZE
    return [f'<text x="{centre}" y="{first + place * _LINE}">{_text(line)}</text>' for place, line in enumerate(lines)]


def _arrow(drawing: _Drawing) -> None:
    begin, end = drawing.boxed, drawing.bottom + GAP
    drawing.parts.append(f'<path d="M{_CENTRE} {begin}V{end}" fill="none" stroke="#333" marker-end="url(#arrow)"/>')
    drawing.bottom = end


def _text(text: str) -> str:
    return escape(text.translate(_UNSAFE))
