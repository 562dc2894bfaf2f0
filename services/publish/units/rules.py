"""How a unit is named and asked for. Pure."""

from __future__ import annotations

import re
from uuid import UUID

NOBODY = UUID(int=0)
NOBODY_WORD, NOBODY_NAME = "none", "未列明实施主体"
_CREDIT_CODE = re.compile(r"[0-9A-Za-z]{1,32}")


def asked_unit(word: str) -> UUID | str | None:
    """What a unit is asked for by: an id (the null UUID for nobody), a credit code, or None when it is neither."""
    if word == NOBODY_WORD:
        return NOBODY
    try:
        return UUID(word) if len(word) == len(str(NOBODY)) else _code(word)
    except ValueError:
        return None


def _code(word: str) -> str | None:
    return word if _CREDIT_CODE.fullmatch(word) else None


def is_kept(units: int | None, purged: int) -> bool:
    """Whether the parts of a revision are read as they were kept.

    Where something has left public reading since, what was kept would tell whose it was: then only what is left counts.
    """
    return units is not None and not purged


def word_of(unit_id: UUID, credit_code: str | None) -> str:
    """What a unit is asked for by."""
    return NOBODY_WORD if unit_id == NOBODY else credit_code or str(unit_id)


def name_of(unit_id: UUID, name: str | None) -> str:
    """How a unit is called; an organ that is not registered any more goes by its id."""
    return NOBODY_NAME if unit_id == NOBODY else name or str(unit_id)
