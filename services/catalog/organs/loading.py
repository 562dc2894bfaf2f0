"""Loading many organs in one request: set-based, wrong rows named, the others registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.catalog import fields
from services.catalog.organs import repository
from services.catalog.organs.rules import completed, read_credit_code, refused_change, supervision_cycle
from services.catalog.organs.schemas import OrganLoad, OrganLoadResult, OrganRow
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.schemas import RowError
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

Errors = dict[int, list[FieldError]]
_EVENT_ROWS = 1_000


async def load_many(tx: Transaction, principal: Principal, request: OrganLoad, *, atomic: bool) -> OrganLoadResult:
    """Register or change many organs; refused rows do not stop the others unless `atomic`.

    Raises
    ------
    problems.Forbidden
        Not an administrator of a region that a row names.
    problems.Invalid
        `atomic` and a row is wrong.
    """
    rows, errors, warnings = _read(request.items)
    chains = await repository.known_regions(tx.connection, list({row["region_code"] for row in rows}))
    codes = {row["credit_code"] for row in rows} | {row["above"] for row in rows if row["above"]}
    found = await repository.by_credit_codes(tx.connection, list(codes), lock=True)
    present = {row["credit_code"]: row for row in found}
    present_chains = await repository.known_regions(tx.connection, [row["region_code"] for row in present.values()])
    for chain in {tuple(chain) for chain in [*chains.values(), *_touched(rows, present, present_chains)]}:
        regions.require_administrator(principal, chain)
    _check(rows, chains, present, errors, await repository.superior_codes(tx.connection))
    await _complete(tx, rows, present, errors)
    listed = [
        RowError(pointer=f"/items/{i}{e.pointer}", code=e.code, message=e.message) for i in sorted(errors)
        for e in errors[i]
    ]  # fmt: skip
    if atomic and errors:
        raise problems.Invalid(
            f"有{len(errors)}个机构未通过检查，未登记任何机构。", code="organs_invalid",
            errors=[FieldError(error.pointer, error.code, error.message) for error in listed],
        )  # fmt: skip
    sound = [row for index, row in enumerate(rows) if index not in errors]
    warnings += await _namesakes(tx, request.items, sound)
    created, updated = await _write(tx, request, sound)
    ids = {row["credit_code"]: row["id"] for row in await repository.by_credit_codes(
        tx.connection, [row["credit_code"] for row in sound])}  # fmt: skip
    return OrganLoadResult(
        created=created, updated=updated, unchanged=len(sound) - created - updated, rejected=len(errors), ids=ids,
        errors=listed[:1_000], warnings=warnings[:1_000],
    )  # fmt: skip


def _read(items: Sequence[OrganRow]) -> tuple[list[dict[str, Any]], Errors, list[RowError]]:
    rows, errors, warnings = [], {}, []
    for index, item in enumerate(items):
        code = read_credit_code(item.credit_code)
        row = item.model_dump(exclude={"supervising_credit_code"}) | {
            "id": new_id(),
            "credit_code_check": code.check,
            "above": item.supervising_credit_code,
        }
        if code.error:
            errors[index] = [code.error]
        elif code.check != "ok":
            text = "统一社会信用代码校验位不符，已登记并标记，请核对"
            warnings.append(RowError(pointer=f"/items/{index}/credit_code", code=str(code.check), message=text))
        try:
            row["region_code"] = fields.region(item.region_code)
        except problems.Invalid as problem:
            errors.setdefault(index, []).extend(problem.errors)
        rows.append(row)
    return rows, errors, warnings


async def _namesakes(tx: Transaction, items: Sequence[OrganRow], rows: Sequence[Mapping[str, Any]]) -> list[RowError]:
    """A word on each row that names an organ as another one of its region is named: often one entered twice."""
    names, regions_ = ({row[key] for row in rows} for key in ("name", "region_code"))
    found = await repository.namesakes(tx.connection, sorted(names), sorted(regions_)) if rows else []
    codes: dict[tuple[str, str], set[str | None]] = {}
    for row in [*found, *rows]:
        codes.setdefault((row["region_code"], row["name"]), set()).add(row["credit_code"])
    places = {item.credit_code: index for index, item in reversed(list(enumerate(items)))}
    text = "本区划已有同名机构（统一社会信用代码不同），已登记，请核对是否重复"
    return [
        RowError(pointer=f"/items/{places[row['credit_code']]}/name", code="organ_name_taken", message=text)
        for row in rows
        if len(codes[row["region_code"], row["name"]]) > 1 and row["credit_code"] in places
    ]


def _touched(
    rows: Sequence[Mapping[str, Any]], present: Mapping[str, Record], chains: Mapping[str, list[str]]
) -> list[list[str]]:
    """Regions of the registered organs that rows would change."""
    own = [present[row["credit_code"]] for row in rows if row["credit_code"] in present]
    return [chains[row["region_code"]] for row in own if row["region_code"] in chains]


def _check(
    rows: Sequence[Mapping[str, Any]],
    chains: Mapping[str, list[str]],
    present: Mapping[str, Record],
    errors: Errors,
    superiors: Mapping[str, str | None],
) -> None:
    given = {row["credit_code"]: row["above"] for row in rows}
    above = {**superiors, **given}
    seen: set[str] = set()
    for index, row in enumerate(rows):
        wrong = errors.setdefault(index, [])
        code = row["credit_code"]
        if code in seen:
            wrong.append(FieldError("/credit_code", "given_twice", f"统一社会信用代码{code}在本次请求中重复"))
        seen.add(code)
        if row["region_code"] not in chains and not any(error.pointer == "/region_code" for error in wrong):
            wrong.append(FieldError("/region_code", "region_unknown", "区划未登记，请先登记区划"))
        if row["above"] and row["above"] not in given and row["above"] not in present:
            wrong.append(FieldError("/supervising_credit_code", "organ_unknown", "主管部门未登记，请先登记或一并提交"))
        elif supervision_cycle(code, row["above"], above):
            wrong.append(FieldError("/supervising_credit_code", "supervision_cycle", "主管关系形成循环"))
        if not wrong:
            del errors[index]


async def _complete(
    tx: Transaction, rows: Sequence[dict[str, Any]], present: Mapping[str, Record], errors: Errors
) -> None:
    """Fill in what rows do not say of organs, and name those that would change what a load may not."""
    for row in rows:
        row |= completed(row, present.get(row["credit_code"]))
    own = [(index, row, present[row["credit_code"]]) for index, row in enumerate(rows) if row["credit_code"] in present]
    losing = [there["id"] for _, row, there in own if there["administrative_subject"] > row["administrative_subject"]]
    owners = await repository.owners_of_power_items(tx.connection, losing) if losing else set()
    for index, row, there in own:
        if refused := refused_change(row, there, there["id"] in owners):
            errors.setdefault(index, []).append(refused)


async def _write(tx: Transaction, request: OrganLoad, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    if not rows:
        return 0, 0
    written = await repository.upsert(tx.connection, rows)
    # A supervisor that was itself refused is not there: then the organ has none, and the next load can set it.
    moved = await repository.supervise(tx.connection, {row["credit_code"]: row["above"] for row in rows})
    created = {row["id"] for row in written if row["created"]}
    updated = {row["id"] for row in [*written, *moved]} - created
    for kind, ids in (("organ.created", sorted(created)), ("organ.updated", sorted(updated))):
        for start in range(0, len(ids), _EVENT_ROWS):
            part = [str(organ_id) for organ_id in ids[start : start + _EVENT_ROWS]]
            tx.append(NewEvent(type=kind, reason=request.reason, legal_basis=request.legal_basis,
                               refs={"organs": part}))  # fmt: skip
    return len(created), len(updated)
