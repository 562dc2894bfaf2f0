"""Use cases of the responsibility matrix: set, import, export; the lists follow."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import orjson
from xlsxwriter import Workbook

from services.catalog.kinds import service as kinds
from services.catalog.matrix import reading, repository, rules
from services.catalog.matrix.rules import Assigned, Register
from services.catalog.matrix.schemas import MatrixError, MatrixResult, NewResponsibility
from services.catalog.organs import repository as organs
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared import problems
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

# As many rows as an event names.
_EVENT_ROWS = 500


async def put(
    tx: Transaction, who: Principal, region_text: str, kind: str, given: NewResponsibility, if_match: str | None
) -> Row:
    """Say who leads a list in a region.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.NotFound, problems.PreconditionRequired, problems.PreconditionFailed
    """
    chain = await _organised(tx, who, region_text)
    await kinds.get(tx.connection, kind)
    current = await repository.find(tx.connection, chain[0], kind, lock=True)
    require_match(if_match, current["version"] if current else 0)
    wanted = list(dict.fromkeys([given.lead_organ_id, *given.assisting_organ_ids]))
    active = {row["id"] for row in await organs.by_ids(tx.connection, wanted) if row["state"] == "active"}
    if not active.issuperset(wanted):
        place = FieldError("/lead_organ_id" if given.lead_organ_id not in active else "/assisting_organ_ids",
                           "organ_unknown", "机构未登记或已撤销")  # fmt: skip
        raise problems.Invalid("机构未登记或已撤销，请先在机构库中登记。", code="organ_unknown", errors=[place])
    said = Assigned(1, chain[0], kind, str(given.lead_organ_id), tuple(map(str, given.assisting_organ_ids)), given.note)
    await _store(tx, [said], reason=given.reason, legal_basis=given.legal_basis)
    return await find(tx, chain[0], kind)


async def find(tx: Transaction, region: str, kind: str) -> Row:
    """A row of the matrix. Raises NotFound."""
    rows = await repository.page(tx.connection, region=region, below=False, list_kind=kind, limit=1)
    if not rows:
        raise problems.NotFound("责任分工中没有该区划的这种清单。", code="responsibility_not_found")
    return rows[0]


async def take_in(
    tx: Transaction, who: Principal, region_text: str, content: bytes, *, atomic: bool, reason: str | None
) -> MatrixResult:
    """Take in a file in the shape of the export (QX-64); rows may name the region or any below it.

    Raises
    ------
    problems.Forbidden, problems.TooLarge
    problems.Invalid
        The file cannot be read, columns are missing, or with `atomic` a row is wrong.
    """
    chain = await _organised(tx, who, region_text)
    rows = await asyncio.to_thread(reading.rows_of, content)
    found = rules.columns_of(rows[0][1] if rows else [])
    if missing := rules.missing_columns(found):
        place = FieldError("/file", "columns_missing", f"缺少列：{'、'.join(missing)}")
        raise problems.Invalid(f"{place.message}；请下载导出文件作为模板。", code="columns_missing", errors=[place])
    said, errors = await _understood(tx, list(rules.lines(rows[1:], found)), chain[0])
    rejected = len({error.pointer.split("/")[2] for error in errors})
    if errors and atomic:
        raise problems.Invalid(f"有{rejected}行有误，未导入任何内容。", code="rows_invalid", errors=errors[:1_000])
    created, changed, led = await _store(tx, said, reason=reason, legal_basis=None)
    return MatrixResult(
        created=created, changed=changed, unchanged=len(said) - created - changed, rejected=rejected, lists_led=led,
        errors=[MatrixError(pointer=one.pointer, code=one.code, message=one.message) for one in errors[:1_000]],
    )  # fmt: skip


async def table(tx: Transaction, region_text: str, *, below: bool) -> list[list[str]]:
    """The matrix of a region as a table, header first."""
    chain = await regions.chain(tx.connection, region_text, "query/region")
    rows = await repository.page(tx.connection, region=chain[0], below=below, limit=rules.MOST_ROWS)
    lines = [
        [row.region_code, row.region_name, row.list_kind, row.list_title, row.lead_code or "", row.lead_name,
         "、".join(row.assisting), row.note]
        for row in rows
    ]  # fmt: skip
    return [list(rules.TITLES), *lines]


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with BOM, as spreadsheet programs expect it; what could begin a formula is kept from being one."""
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(cell) for cell in row] for row in table])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(table: Sequence[Sequence[str]], title: str = "责任分工") -> bytes:
    """One sheet; texts are texts, codes keep their zeros."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    book = Workbook(out, options)
    sheet = book.add_worksheet(title)
    text = book.add_format({"num_format": "@"})
    sheet.set_column(0, len(table[0]) - 1, 24, text)
    for number, row in enumerate(table):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell, text)
    book.close()
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f" {cell}" if cell[:1] in ("=", "+", "-", "@") else cell


async def _understood(
    tx: Transaction, lines: Sequence[rules.Line], home: str
) -> tuple[list[Assigned], list[FieldError]]:
    """Rows that were understood, and what is wrong with the others."""
    names = {cell for line in lines for key, cell in line.cells.items() if key in ("lead_code", "lead_name")}
    for line in lines:
        assisting = line.cells.get("assisting", "").replace("，", "、").replace(",", "、").replace("；", "、")
        names |= {part.strip() for part in assisting.split("、")}
    known = await repository.known(tx.connection, home, sorted(names - {""}))
    register = _register(known["regions"], known["kinds"], known["organs"])
    said, errors = [], []
    for line in lines:
        row, wrong = rules.read(line, home, register)
        errors += wrong
        said += [row] if row else []
    doubled = rules.twice(said)
    return [row for row in said if row.number not in doubled], [*errors, *doubled.values()]


def _register(places: Sequence[Row], kinds_: Sequence[Row], bodies: Sequence[Row]) -> Register:
    titles = [row.title for row in kinds_]
    names = [row.name for row in places]
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in bodies:
        by_name[row.region_code, row.name].append(str(row.id))
        if row.credit_code:
            by_name["", row.credit_code].append(str(row.id))
    return Register(
        regions={row.code: row.code for row in places}
        | {row.code[:6]: row.code for row in places if row.code.isdigit() and row.code.endswith("000000")}
        | {row.name: row.code for row in places if names.count(row.name) == 1},
        kinds={row.code: row.code for row in kinds_} | {r.title: r.code for r in kinds_ if titles.count(r.title) == 1},
        organs=by_name,
    )


async def _store(
    tx: Transaction, said: Sequence[Assigned], *, reason: str | None, legal_basis: str | None
) -> tuple[int, int, int]:
    """Store rows and let the lists follow: how many are new, changed, and how many lists have another lead organ."""
    rows = [
        {"region_code": one.region_code, "list_kind": one.list_kind, "lead": one.lead_organ_id,
         "assisting": one.assisting_organ_ids, "note": one.note}
        for one in said
    ]  # fmt: skip
    written = await repository.put(tx.connection, orjson.dumps(rows).decode(), actor=tx.actor, now=tx.now)
    for start in range(0, len(written), _EVENT_ROWS):
        part = written[start : start + _EVENT_ROWS]
        told = [{"region": row.region_code, "kind": row.list_kind, "lead": str(row.lead_organ_id)} for row in part]
        tx.append(
            NewEvent(type="responsibility.set", region_code=part[0].region_code, reason=reason,
                     legal_basis=legal_basis, refs={"rows": told})
        )  # fmt: skip
    led = await repository.lead(tx.connection, [(row.region_code, row.list_kind) for row in written])
    for row in led:
        tx.append(
            NewEvent(type="list.updated", region_code=row.region_code, list_kind=row.kind, list_id=row.id,
                     elements=["lead_organ_id"], reason=reason or "责任分工调整", legal_basis=legal_basis)
        )  # fmt: skip
    created = sum(row.created for row in written)
    return created, len(written) - created, len(led)


async def lead_of(tx: Transaction, region: str, kind: str) -> UUID:
    """Who leads a list by the matrix. Raises Invalid when it does not say."""
    row = await repository.find(tx.connection, region, kind)
    if row is None:
        place = FieldError("/lead_organ_id", "lead_missing", "请写明牵头单位，或先在责任分工中登记")
        raise problems.Invalid("责任分工中没有该区划的这种清单，请写明牵头单位。", code="lead_missing", errors=[place])
    lead: UUID = row["lead_organ_id"]
    return lead


async def _organised(tx: Transaction, who: Principal, region_text: str) -> list[str]:
    chain = await regions.chain(tx.connection, region_text, "query/region")
    if not who.holds("administrator", region=[*chain, NATION]):
        who.require("reviewer", region=chain)
    return chain
