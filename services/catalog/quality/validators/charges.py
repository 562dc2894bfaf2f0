"""V07: a fee has a standard and a basis, and what is free has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalog.kinds.subtables import DOCUMENT_KINDS
from services.catalog.quality.entry import BLOCK, ERROR, Entry, Finding, Validator
from services.catalog.quality.validators.basis import titled

# 行政许可法 art. 58: only a law or an administrative regulation lets an organ charge for a permit.
ALLOWS_PERMIT_FEES = frozenset({"law", "regulation"})
# What organs take for a permit; services with a price of the government's and funds follow rules of their own.
PERMIT_FEES = frozenset({"administrative_fee", None})


def fees(entry: Entry) -> Iterator[Finding]:
    """Charged: at least one fee with standard and basis. Free: no fee at all."""
    elements = entry.elements
    charged, rows = elements.get("charged"), entry.rows("fees")
    if charged is False and rows:
        message = f"标明不收费，却列有收费项目“{_name(rows[0])}”，请核对是否收费或删去收费项目"
        yield Finding("V07", BLOCK, "fees", "fee_despite_free", message, "/fees/0")
        return
    if charged is True and not rows and not (entry.text("fee_standard") and entry.text("fee_basis")):
        message = "标明收费，但没有写明收费项目及其标准和依据，请补充"
        yield Finding("V07", BLOCK, "charged", "fee_missing", message, "/charged")
    if not (entry.may_say("fees", "standard") and entry.may_say("fees", "basis")):
        return
    severity = BLOCK if charged is True else ERROR
    for index, row in enumerate(rows):
        yield from _row(row, index, severity, is_permit=elements.get("item_type") == "01")


def _row(row: Mapping[str, Any], index: int, severity: str, *, is_permit: bool) -> Iterator[Finding]:
    if not (row.get("standard") or row.get("amount")):
        message = f"收费项目“{_name(row)}”没有收费标准，请补充"
        yield Finding("V07", severity, "fees", "fee_standard_missing", message, f"/fees/{index}/standard")
    if not row.get("basis"):
        message = f"收费项目“{_name(row)}”没有收费依据，请补充"
        yield Finding("V07", severity, "fees", "fee_basis_missing", message, f"/fees/{index}/basis")
    kind = row.get("basis_kind")
    if is_permit and kind and kind not in ALLOWS_PERMIT_FEES:
        title = DOCUMENT_KINDS.get(str(kind), str(kind))
        message = f"行政许可收费只能由法律、行政法规设定，“{_name(row)}”的依据是{title}，请更换依据或取消收费"
        yield Finding("V07", BLOCK, "fees", "may_not_set_fee", message, f"/fees/{index}/basis_kind")


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or "")[:60]


def permit_fee(entry: Entry) -> Iterator[Finding]:
    """In the list of charges: what sets a fee for a permit is a law or an administrative regulation."""
    elements = entry.elements
    if elements.get("item_type") != "01" or elements.get("category") not in PERMIT_FEES:
        return
    for index, row in enumerate(elements["basis"]):
        if row["kind"] == "set" and row["document_kind"] not in ALLOWS_PERMIT_FEES:
            title = DOCUMENT_KINDS[row["document_kind"]]
            message = f"行政许可收费只能由法律、行政法规设定，{titled(row)}是{title}，请更换依据或取消收费"
            yield Finding("V07", BLOCK, "basis", "may_not_set_fee", message, f"/basis/{index}/document_kind")


VALIDATORS = (
    Validator(rule="V07", check=fees, elements=frozenset({"charged", "fees"})),
    Validator(rule="V07", check=permit_fee, elements=frozenset({"basis"}), kinds=frozenset({"charge"})),
)
