"""How much the public may say of a draft, and what is no comment. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime

from shared import problems

# Anybody may write without signing in: what comes is bounded, so that nobody can bury a draft. Figures of ours.
MOST_A_MINUTE = 60
MOST_OF_PERIOD = 20_000
# Advertising lives from addresses; an opinion on a draft hardly needs more than the link to a document.
MOST_LINKS = 2
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_FEWEST_CHARACTERS = 5


def bare(text: str) -> str:
    """Letters and digits alone, in one form: what is left is the same for the same words."""
    words = "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())
    return unicodedata.normalize("NFKC", words)


def digest(text: str) -> bytes:
    """What a text is known by: the same words are one comment, however they are spaced and punctuated."""
    return hashlib.sha256(bare(text).encode()).digest()


def receipt_hash(receipt: str) -> bytes:
    """What is kept of a receipt: it is random, so a plain hash is enough."""
    return hashlib.sha256(receipt.encode()).digest()


def check_text(text: str) -> None:
    """Refuse what is no opinion.

    Raises
    ------
    problems.Invalid
        Pointer `/text`.
    """
    if len(bare(text)) < _FEWEST_CHARACTERS:
        code, message = "no_words", f"请用至少 {_FEWEST_CHARACTERS} 个字说明意见"
    elif len(_LINK.findall(text)) > MOST_LINKS:
        code, message = "too_many_links", f"一条意见最多附 {MOST_LINKS} 个网址"
    else:
        return
    raise problems.Invalid("意见内容有误。", errors=[problems.FieldError("/text", code, message)])


def is_open(running: bool, opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether comments are taken: the procedure still asks, and the day has not passed."""
    return running and opens_at <= now < closes_at


def check_room(last_minute: int, total: int) -> None:
    """Refuse more than could be read and answered.

    Raises
    ------
    problems.TooMany
    """
    if last_minute >= MOST_A_MINUTE:
        raise problems.TooMany(
            "当前提交意见的人较多，请一分钟后再试。", code="comments_too_fast", headers={"Retry-After": "60"}
        )
    if total >= MOST_OF_PERIOD:
        raise problems.TooMany(
            "本次征求意见收到的意见已达上限，请以信函方式提出。",
            code="comments_full",
            headers={"Retry-After": "86400"},
        )
