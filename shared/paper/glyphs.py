"""Signs that no font at hand can draw, made visible: 𠮷 becomes 〔U+20BB7〕 (ISO/IEC 10646).

Names of people and places have signs of extensions B and later that few fonts hold. Typst draws an empty box for them
and copies as nothing, which nobody notices in a proof.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FONTS = (".otf", ".ttf", ".ttc")
# The drawn text of these is nothing by their nature.
_INVISIBLE = frozenset("\t\n\r\u200b\u200c\u200d\u2060\ufeff")


def shown(text: str, covered: frozenset[int]) -> str:
    """The text with a notation in place of what cannot be drawn."""
    if text.isascii() or all(ord(sign) in covered or sign in _INVISIBLE for sign in text):
        return text
    return "".join(
        sign if sign.isascii() or ord(sign) in covered or sign in _INVISIBLE else f"〔U+{ord(sign):04X}〕"
        for sign in text
    )


@cache
def covered(folders: tuple[str, ...]) -> frozenset[int]:
    """Code points that the fonts in the folders can draw; variation selectors and blanks count as drawn."""
    signs: set[int] = {0xA0, 0x3000, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix.lower() in _FONTS:
                signs.update(_of_file(path.read_bytes()))
    return frozenset(signs)


def _of_file(font: bytes) -> Iterable[int]:
    """Code points of the first face of a font (OpenType 1.9, `cmap`); none where it cannot be read."""
    try:
        start = struct.unpack_from(">I", font, 12)[0] if font[:4] == b"ttcf" else 0
        for number in range(struct.unpack_from(">H", font, start + 4)[0]):
            tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * number)
            if tag == b"cmap":
                return list(_of_table(font, offset))
    except struct.error:
        return ()
    return ()


def _of_table(font: bytes, table: int) -> Iterable[int]:
    for number in range(struct.unpack_from(">H", font, table + 2)[0]):
        offset = table + struct.unpack_from(">HHI", font, table + 4 + 8 * number)[2]
        form = struct.unpack_from(">H", font, offset)[0]
        if form == 12:
            for group in range(struct.unpack_from(">I", font, offset + 12)[0]):
                first, last, _ = struct.unpack_from(">III", font, offset + 16 + 12 * group)
                yield from range(first, last + 1)
        elif form == 4:
            count = struct.unpack_from(">H", font, offset + 6)[0] // 2
            ends = struct.unpack_from(f">{count}H", font, offset + 14)
            begins = struct.unpack_from(f">{count}H", font, offset + 16 + 2 * count)
            for first, last in zip(begins, ends, strict=True):
                if first != 0xFFFF:
                    yield from range(first, last + 1)
