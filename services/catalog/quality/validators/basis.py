"""V04: what an entry rests on may set such an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalog.kinds.subtables import DOCUMENT_KINDS
from services.catalog.quality.entry import BLOCK, Entry, Finding, Validator
from services.catalog.quality.validators.powers import POWER_TYPES, SETS_PERMITS, SETS_POWERS

# Lists, and the part of the responsibility list, that say how a matter is supervised: they set nothing.
_SUPERVISION = "supervision"
_SUPERVISION_KINDS = frozenset({"follow_up_supervision"})


def titled(row: Mapping[str, Any]) -> str:
    """The document of a basis in the brackets of titles, whether or not it was entered with them."""
    return f"《{row['document'].strip().removeprefix('《').removesuffix('》')[:60]}》"


def _supervises(entry: Entry) -> bool:
    return entry.profile.kind in _SUPERVISION_KINDS or entry.elements.get("section") == _SUPERVISION


def setting_basis(entry: Entry) -> Iterator[Finding]:
    """At least one basis that may set an item of this type, each setting basis with its article.

    Where an entry says how something is supervised, a basis of the supervision is as good.
    """
    elements = entry.elements
    item_type = str(elements.get("item_type"))
    allowed = SETS_PERMITS if item_type == "01" else SETS_POWERS if item_type in POWER_TYPES else None
    setting = [(index, row) for index, row in enumerate(elements["basis"]) if row["kind"] == "set"]
    supervised = _supervises(entry) and any(row["kind"] == "supervise" for row in elements["basis"])
    if not setting and not supervised:
        message = "缺少设定依据：实施依据和监管依据不能设定事项，请补充设定依据及条款"
        yield Finding("V04", BLOCK, "basis", "no_setting_basis", message, "/basis")
    for index, row in setting:
        if not row.get("article"):
            message = f"设定依据{titled(row)}未写明条款，请补充条款号"
            yield Finding("V04", BLOCK, "basis", "article_missing", message, f"/basis/{index}/article")
        if allowed is not None and row["document_kind"] not in allowed:
            kind = DOCUMENT_KINDS[row["document_kind"]]
            message = f"{titled(row)}是{kind}，不得设定此类事项，请更换设定依据或改为实施依据"
            yield Finding("V04", BLOCK, "basis", "may_not_set", message, f"/basis/{index}/document_kind")


VALIDATORS = (Validator(rule="V04", check=setting_basis, elements=frozenset({"basis"})),)
