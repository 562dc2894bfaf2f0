"""Text as it is searched: without blanks, punctuation, width and letter case, and cut into pairs of characters. Pure.

Chinese has no blanks between words, and a dictionary of words would know neither the names of permits nor the next
law. Overlapping pairs need none: a text contains a query only if it contains all its pairs; the few that contain the
pairs but not the text are told apart by looking at the text itself.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import blake2b

PAIR = 2
# Basis, materials and organs come again in entry after entry; some 10 MB.
REMEMBERED = 20_000


class _Folds(dict[int, str | None]):
    """Code point -> what stands for it; each is looked up in the character database once."""

    def __missing__(self, point: int) -> str | None:
        shown = unicodedata.normalize("NFKC", chr(point)).lower()
        kept = "".join(character for character in shown if unicodedata.category(character)[0] in "LN")
        self[point] = found = kept or None
        return found


_FOLDS = _Folds()


@lru_cache(maxsize=REMEMBERED)
def folded(text: str) -> str:
    """A text as it is compared: letters and digits only (`〔2022〕2号` is `20222号`).

    Character by character, so that every character of the result comes from one of the text.
    """
    return text.translate(_FOLDS)


def places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index in the text of the one it comes from."""
    kept: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for part in _FOLDS[ord(character)] or "":
            kept.append(part)
            origins.append(index)
    return "".join(kept), origins


def pairs(folded_text: str) -> frozenset[str]:
    """The overlapping pairs of characters of a folded text; none when it is shorter than a pair."""
    return frozenset(folded_text[start : start + PAIR] for start in range(len(folded_text) - PAIR + 1))


@lru_cache(maxsize=REMEMBERED)
def digest(folded_text: str) -> str:
    """What stands for a folded text where only its identity counts: 16 hexadecimal digits."""
    return blake2b(folded_text.encode(), digest_size=8).hexdigest()
