"""Use cases of partners: registered and changed by administrators, looked at by auditors as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.publish.offline import repository, rules
from services.publish.offline.contents import repository as contents
from services.publish.offline.repository import Record
from services.publish.offline.schemas import NewPartner, Partner, PartnerChange, PartnerStatus
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.rules import may_administer, may_read
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def get(tx: Transaction, who: Principal, code: str, *, lock: bool = False) -> Record:
    """A partner, for those who may look at it.

    Raises
    ------
    problems.NotFound
        There is none, or the caller may not know of it.
    """
    row = await repository.find(tx.connection, code, lock=lock)
    if row is None or not may_read(who, await _chains(tx, row["region_codes"])):
        raise problems.NotFound("没有这个离线交换对象，请核对代码。", code="offline_partner_not_found")
    return row


async def administered(tx: Transaction, who: Principal, code: str) -> Record:
    """A partner, for those who may act for it. Raises NotFound, Forbidden."""
    row = await get(tx, who, code)
    if not may_administer(who, await _chains(tx, row["region_codes"])):
        raise problems.Forbidden("只有全国或所涉全部区划的系统管理员可以操作。", extra={"role": "administrator"})
    return row


async def visible(tx: Transaction, who: Principal, *, after: str, limit: int) -> tuple[list[Record], str | None]:
    """A page of the partners the caller may look at, and the code after which the next one begins."""
    found = await repository.page(tx.connection, after=after, limit=limit + 1)
    page = found[:limit]
    chains = await _chains(tx, [code for row in page for code in row["region_codes"]])
    mine = [row for row in page if may_read(who, {code: chains[code] for code in row["region_codes"]})]
    return mine, page[-1]["code"] if len(found) > limit else None


async def shown(tx: Transaction, rows: Sequence[Record]) -> list[Partner]:
    """Partners with the lists that mirror theirs."""
    mirrors: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in await repository.mirrors(tx.connection, [row["id"] for row in rows]):
        mirrors[row.partner_id].append({"source_list_id": row.source_list_id, "list_id": row.list_id})
    return [Partner.model_validate(row | {"mirrors": mirrors[row["id"]]}) for row in rows]


async def register(tx: Transaction, who: Principal, given: NewPartner) -> Record:
    """Register a partner.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        The code is taken, or a list cannot mirror.
    """
    values = await _checked(tx, who, given)
    row = await repository.add(tx.connection, values | {"id": new_id(), "code": given.code, "created_by": tx.actor})
    if row is None:
        raise problems.Conflict(f"代码“{given.code}”已用于另一离线交换对象。", code="offline_partner_exists")
    tx.append(_event("offline_partner.registered", row, given.reason))
    await _mirror(tx, who, row, given)
    return row


async def change(tx: Transaction, who: Principal, row: Record, given: PartnerChange) -> Record:
    """Change a partner; what it gets newly comes with the next whole package. Raises as `register`."""
    if not may_administer(who, await _chains(tx, row["region_codes"])):
        raise problems.Forbidden("只有全国或所涉全部区划的系统管理员可以操作。", extra={"role": "administrator"})
    values = await _checked(tx, who, given)
    changed = await repository.change(tx.connection, row["id"], values)
    names = sorted(name for name in values if row[name] != changed[name])
    tx.append(_event("offline_partner.updated", changed, given.reason, names))
    await _mirror(tx, who, changed, given)
    return changed


async def status(tx: Transaction, who: Principal, code: str) -> PartnerStatus:
    """How far the exchange is. Raises NotFound."""
    row = await get(tx, who, code)
    found = await repository.progress(tx.connection, row["id"])
    counts = await contents.answer_counts(tx.connection, row["id"])
    head = await contents.head(tx.connection)
    return PartnerStatus(
        code=code, position=found.position, lag=max(0, head - found.position), sent_serial=found.sent_serial,
        received_serial=found.received_serial, acknowledged_serial=found.acknowledged_serial,
        whole_next=found.epoch != found.log_epoch, accepted=counts.accepted, rejected=counts.rejected,
    )  # fmt: skip


async def fetch(tx: Transaction, who: Principal, code: str, serial: int) -> bytes:
    """The newest package that was made.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Gone
        A newer one was made, or something in it is no longer public.
    """
    row = await administered(tx, who, code)
    found = await repository.content(tx.connection, row["id"], serial)
    if found is None:
        raise problems.NotFound("没有这个编号的包。", code="package_not_found")
    if found.content is None or found.withdrawn:
        raise problems.Gone("该包已不能取用：已有更新的包，或其中有内容已不再公开；请重新导出。", code="package_gone")
    return bytes(found.content)


async def _checked(tx: Transaction, who: Principal, given: PartnerChange) -> dict[str, Any]:
    chains = await _chains(tx, given.region_codes)
    if not may_administer(who, chains):
        raise problems.Forbidden("只有全国或所列全部区划的系统管理员可以登记。", extra={"role": "administrator"})
    regions = await peers.region_chains(tx.connection, given.region_codes)
    kinds = await peers.known_kinds(tx.connection, given.list_kinds)
    wrong = [
        FieldError(f"/region_codes/{index}", "region_unknown", f"区划{code}未登记，请填写登记的 12 位代码")
        for index, code in enumerate(given.region_codes) if code not in regions
    ]  # fmt: skip
    wrong += [
        FieldError(f"/list_kinds/{index}", "kind_unknown", f"没有清单类型“{code}”")
        for index, code in enumerate(given.list_kinds) if code not in kinds
    ]  # fmt: skip
    try:
        rules.public_keys(given.public_keys)
    except ValueError:
        wrong.append(FieldError("/public_keys", "bad_key", "应为一至十个 Ed25519 公钥的 PEM 文本"))
    if wrong:
        raise problems.Invalid(f"有{len(wrong)}处内容有误，请核对。", errors=wrong)
    values = given.model_dump(include={"name", "own_code", "public_keys"})
    return values | {"region_codes": sorted(set(given.region_codes)), "list_kinds": sorted(set(given.list_kinds))}


async def _mirror(tx: Transaction, who: Principal, row: Record, given: PartnerChange) -> None:
    """Let lists mirror the partner's: the catalog marks them, and nobody edits them from then on."""
    known = {(one.source_list_id, one.list_id) for one in await repository.mirrors(tx.connection, [row["id"]])}
    asked = {(one.source_list_id, one.list_id): index for index, one in enumerate(given.mirrors)}
    added = {pair: index for pair, index in asked.items() if pair not in known}
    if not added:
        return
    found = await repository.mirrorable(tx.connection, [list_id for _, list_id in added])
    regions = await _chains(tx, [one.region_code for one in found.values()])
    sources, lists = {pair[0] for pair in known}, {pair[1] for pair in known}
    for (source, list_id), index in added.items():
        one = found.get(list_id)
        if one is None or not may_administer(who, {one.region_code: regions[one.region_code]}):
            told = "清单不存在，或不属于本人管理的区划"
            place = FieldError(f"/mirrors/{index}/list_id", "list_not_found", told)
            raise problems.Invalid(f"{told}。", code="list_not_found", errors=[place])
        if source in sources or list_id in lists or one.pulled or one.partner_id or one.mirrored_from or one.filled:
            raise problems.Conflict(f"《{one.title}》已有事项或已与其他来源同步，请另建空清单。", code="list_not_empty")
        sources.add(source)
        lists.add(list_id)
    rows = [{"id": new_id(), "partner_id": row["id"], "source_list_id": a, "list_id": b} for a, b in added]
    await repository.add_mirrors(tx.connection, rows)
    for made in rows:
        refs = {"peer": row["code"], "peer_id": str(made["id"])}
        tx.append(NewEvent(type="peer.registered", list_id=made["list_id"], reason=given.reason, refs=refs))


async def _chains(tx: Transaction, codes: Sequence[str]) -> dict[str, list[str]]:
    known = await peers.region_chains(tx.connection, codes)
    return {code: known.get(code, [code]) for code in codes}


def _event(kind: str, row: Record, reason: str | None, elements: Sequence[str] = ()) -> NewEvent:
    refs = {"partner": row["code"], "partner_id": str(row["id"]), "version": row["version"]}
    return NewEvent(type=kind, region_code=row["region_codes"][0], elements=elements, reason=reason, refs=refs)
