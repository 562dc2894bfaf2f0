"""Cells that a spreadsheet would execute, or that a database cannot hold: found here, and written harmlessly."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What Excel, WPS and LibreOffice take for a formula, full-width signs included (they are narrowed on input in
# East Asian locales). Outer blanks do not protect: several programs strip them. Source: OWASP, CSV Injection.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
# The first character of a cell that needs a closer look; most cells do not.
SUSPICIOUS = frozenset("\t\r\n\x0b\x0c \u3000\xa0=+-@＝＋－＠")
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*")
# Half of a surrogate pair stands for a byte that is no character in the file's encoding.
_UNDECODED = re.compile("[\ud800-\udfff]")

NUL_PICTURE = "␀"
UNDECODED_PICTURE = "\ufffd"


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run this cell instead of showing it; plain signed numbers are not formulas."""
    return _FORMULA.match(cell) is not None and _NUMBER.fullmatch(cell) is None


def defused(cell: str) -> str:
    """The cell as it may be written into a file that people open with a spreadsheet."""
    return f"'{cell}" if is_formula(cell) else cell


def is_sound(cells: Sequence[str]) -> bool:
    """Whether no cell holds NUL or a byte that was no character; the quick question asked of every row."""
    text = "".join(cells)
    return "\x00" not in text and (text.isascii() or _UNDECODED.search(text) is None)


def is_undecoded(cell: str) -> bool:
    """Whether some byte of the cell was no character."""
    return _UNDECODED.search(cell) is not None


def storable(cells: Sequence[str]) -> list[str]:
    """The cells with NUL and undecodable bytes made visible, as the database and a reject file can hold them."""
    if is_sound(cells):
        return list(cells)
    return [_UNDECODED.sub(UNDECODED_PICTURE, cell.replace("\x00", NUL_PICTURE)) for cell in cells]
