"""Use cases of peers: registered, changed, paused and resumed by administrators; looked at by auditors as well."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.platform.comparisons import service as comparisons
from services.publish.platform.items import repository as items
from services.publish.platform.mapping import Mapping, built_in
from services.publish.platform.peers import repository, rules
from services.publish.platform.peers.partner import Partner
from services.publish.platform.peers.repository import Record
from services.publish.platform.peers.schemas import NewComparison, NewPeer, PeerChange, PeerStatus
from services.publish.platform.pushes import service as pushes
from services.publish.platform.rows import repository as rows
from services.publish.platform.transports import registry
from shared import problems, settings
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

_NO_CATALOGUE = "同步平台目录时，对照方案须包含 catalogue 部分。"
_STATES = {"active": "交换中", "paused": "已暂停"}


async def get(tx: Transaction, who: Principal, code: str, *, lock: bool = False) -> Record:
    """A peer, for those who may look at it.

    Raises
    ------
    problems.NotFound
        There is none, or the caller may not know of it.
    """
    row = await repository.find(tx.connection, code, lock=lock)
    if row is None or not rules.may_read(who, await _chains(tx, row["region_codes"])):
        raise problems.NotFound("没有这个平台，请核对代码。", code="peer_not_found")
    return row


async def visible(tx: Transaction, who: Principal, *, after: str, limit: int) -> tuple[list[Record], str | None]:
    """A page of the peers the caller may look at, and the code after which the next one begins."""
    found = await repository.page(tx.connection, after=after, limit=limit + 1)
    shown = found[:limit]
    chains = await repository.region_chains(tx.connection, [code for row in shown for code in row["region_codes"]])
    mine = [row for row in shown if rules.may_read(who, {one: chains.get(one, [one]) for one in row["region_codes"]})]
    return mine, shown[-1]["code"] if len(found) > limit else None


async def register(tx: Transaction, who: Principal, given: NewPeer) -> Record:
    """Register a platform.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        The code is taken, or the list cannot mirror the catalogue.
    """
    peer_id = new_id()
    mapping = given.mapping or built_in(registry.kind_of(given.transport).mapping)
    fresh = {"id": peer_id, "code": given.code, "transport": given.transport}
    values = await _checked(tx, who, given, fresh, mapping)
    row = await repository.add(
        tx.connection,
        values | fresh | {"mapping": _document(mapping), "created_by": tx.actor},
    )
    if row is None:
        raise problems.Conflict(f"代码“{given.code}”已用于另一平台，请另取代码。", code="peer_exists")
    tx.append(_event("peer.registered", row, given.reason))
    return row


async def change(tx: Transaction, who: Principal, row: Record, given: PeerChange) -> Record:
    """Change a peer. What it takes newly is sent from the beginning of the feed; what it no longer takes stays there
    until a comparison with repair takes it back. Raises as `register`."""
    await _require(tx, who, row)
    values = await _checked(tx, who, given, row, Mapping.model_validate(row["mapping"]))
    changed = await repository.change(tx.connection, row["id"], values)
    if any(row[name] != changed[name] for name in ("region_codes", "list_kinds", "mirror_list_id")):
        await repository.wait_for_progress(tx.connection, row["id"])
        await repository.move(tx.connection, row["id"], position=0)
    if row["mirror_list_id"] != changed["mirror_list_id"]:
        await repository.move(tx.connection, row["id"], catalogue_cursor="")
        await repository.forget_catalogue(tx.connection, row["id"])
    names = sorted(name for name in values if row[name] != changed[name])
    tx.append(_event("peer.updated", changed, given.reason, names))
    return changed


async def set_mapping(tx: Transaction, who: Principal, row: Record, mapping: Mapping) -> Record:
    """Give a peer another mapping profile; a comparison with repair sends again what it says differently, and where it
    reads the catalogue otherwise, that is read again from the beginning.

    Raises
    ------
    problems.Forbidden
    problems.Conflict
        A catalogue is mirrored and the profile cannot read one.
    """
    await _require(tx, who, row)
    if row["mirror_list_id"] is not None and mapping.catalogue is None:
        raise problems.Conflict(
            "该平台的目录正在同步，对照方案须包含 catalogue 部分。", code="catalogue_mapping_missing"
        )
    changed = await repository.change(tx.connection, row["id"], {"mapping": _document(mapping)})
    if Mapping.model_validate(row["mapping"]).catalogue != mapping.catalogue:
        await repository.wait_for_progress(tx.connection, row["id"])
        await repository.move(tx.connection, row["id"], catalogue_cursor="")
    tx.append(_event("peer.updated", changed, None, ["mapping"]))
    return changed


async def set_state(tx: Transaction, who: Principal, code: str, state: str) -> Record:
    """Pause or resume the exchange; while it pauses, nothing is lost: positions wait.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.IllegalTransition
    """
    row = await get(tx, who, code, lock=True)
    await _require(tx, who, row)
    if row["state"] == state:
        allowed = "resume" if state == "paused" else "pause"
        raise problems.IllegalTransition(f"与该平台的交换{_STATES[state]}，无需重复操作。", allowed=[allowed])
    changed = await repository.change(tx.connection, row["id"], {"state": state})
    tx.append(_event("peer.paused" if state == "paused" else "peer.resumed", changed, None, ["state"]))
    return changed


async def status(tx: Transaction, who: Principal, code: str) -> PeerStatus:
    """How the exchange stands. Raises NotFound."""
    row = await get(tx, who, code)
    found = await repository.status(tx.connection, row["id"])
    counts = dict.fromkeys(("waiting", "sending", "accepted", "rejected", "superseded"), 0) | found.counts
    return PeerStatus(
        code=row["code"], state=row["state"], position=found.position, lag=max(0, found.head - found.position),
        oldest_unsent=found.oldest_unsent, open_batch=found.open_batch, last_batch=found.last_batch,
        last_success_at=found.last_success_at, failed_at=found.failed_at, last_error=found.last_error,
        failures=found.failures, unkept=found.unkept, compared_at=found.compared_at,
        unmatched_feedback=found.unmatched, pulled=found.pulled,
        pulled_refused=found.pulled_refused, **counts,
    )  # fmt: skip


async def compare(tx: Transaction, who: Principal, code: str, given: NewComparison) -> UUID:
    """Begin a comparison; the operation's id. Raises Forbidden, NotFound."""
    row = await get(tx, who, code)
    await _require(tx, who, row)
    return await comparisons.start(tx, Partner.of(row), repair=given.repair, include_rejected=given.include_rejected)


async def push_in_full(tx: Transaction, who: Principal, code: str) -> UUID:
    """Begin a full push; the operation's id. Raises Forbidden, NotFound."""
    row = await get(tx, who, code)
    await _require(tx, who, row)
    tx.append(_event("peer.repushed", row, None))
    return await pushes.start(tx, Partner.of(row))


async def retry(tx: Transaction, who: Principal, code: str, item_id: UUID) -> Any:
    """Queue one item again above its last version; its new row.

    Raises
    ------
    problems.Forbidden, problems.NotFound
    problems.Conflict
        It is on its way already.
    """
    row = await get(tx, who, code)
    await _require(tx, who, row)
    progress = await repository.wait_for_progress(tx.connection, row["id"])
    found = await items.again(tx.connection, row["id"], item_id)
    if found is None:
        raise problems.NotFound("该事项从未推送到这个平台。", code="peer_row_not_found")
    wanted = (item_id, found.list_id, found.operation, None, found.task_version)
    if not await rows.enqueue(tx.connection, row["id"], [wanted], sequence=progress.position):
        raise problems.Conflict("该事项正在推送，请等待平台答复。", code="row_on_its_way")
    refs = {"peer": row["code"], "peer_id": str(row["id"]), "queued": 1}
    tx.append(NewEvent(type="exchange.retried", list_id=found.list_id, item_ids=[item_id], refs=refs))
    return await items.newest(tx.connection, row["id"], item_id)


async def _require(tx: Transaction, who: Principal, row: Record) -> None:
    if not rules.may_administer(who, await _chains(tx, row["region_codes"])):
        raise problems.Forbidden("只有全国或该平台所涉全部区划的系统管理员可以操作。", extra={"role": "administrator"})


async def _chains(tx: Transaction, codes: list[str]) -> dict[str, list[str]]:
    known = await repository.region_chains(tx.connection, codes)
    return {code: known.get(code, [code]) for code in codes}


async def _checked(
    tx: Transaction, who: Principal, given: PeerChange, peer: Record, mapping: Mapping
) -> dict[str, Any]:
    """The values to store, once everything they name is found to be there."""
    known = await repository.region_chains(tx.connection, given.region_codes)
    if not rules.may_administer(who, {code: known.get(code, [code]) for code in given.region_codes}):
        raise problems.Forbidden("只有全国或所列全部区划的系统管理员可以登记平台。", extra={"role": "administrator"})
    wrong = [
        FieldError(f"/region_codes/{index}", "region_unknown", f"区划{code}未登记，请填写登记的 12 位代码")
        for index, code in enumerate(given.region_codes) if code not in known
    ]  # fmt: skip
    kinds = await repository.known_kinds(tx.connection, given.list_kinds)
    wrong += [
        FieldError(f"/list_kinds/{index}", "kind_unknown", f"没有清单类型“{code}”")
        for index, code in enumerate(given.list_kinds) if code not in kinds
    ]  # fmt: skip
    if wrong:
        raise problems.Invalid(f"有{len(wrong)}处内容不存在，请核对。", errors=wrong)
    rules.check_credential(given.credential, peer["code"])
    transport = registry.kind_of(peer["transport"])
    if transport.addressed:
        rules.check_url(given.base_url, settings.load().peer_allowed_networks)
    else:
        rules.check_unaddressed(given.base_url, given.credential)
    if given.mirror_list_id is not None:
        await _check_mirror(tx, who, given.mirror_list_id, peer["id"], mapping)
    values = given.model_dump(exclude={"reason", "code", "mapping", "transport"})
    values["options"] = registry.checked(peer["transport"], given.options).model_dump(mode="json")
    return values | {"region_codes": sorted(set(given.region_codes)), "list_kinds": sorted(set(given.list_kinds))}


async def _check_mirror(tx: Transaction, who: Principal, list_id: UUID, peer_id: UUID, mapping: Mapping) -> None:
    """A list mirrors one catalogue, and only one that nobody has begun to compile here."""
    found = await repository.mirror(tx.connection, list_id, peer_id)
    if found is None:
        raise problems.Invalid(
            "同步目录的清单不存在。", code="list_not_found",
            errors=[FieldError("/mirror_list_id", "list_not_found", "请先建立该清单，再填写其编号")],
        )  # fmt: skip
    if not rules.may_administer(who, await _chains(tx, [found.region_code])):
        raise problems.Forbidden(f"《{found.title}》属于区划 {found.region_code}，须由其系统管理员指定同步来源。")
    if found.other is not None:
        raise problems.Conflict(f"《{found.title}》已与平台“{found.other}”的目录同步。", code="list_mirrored")
    if found.filled and found.mirrored_from != peer_id:
        raise problems.Conflict(
            f"《{found.title}》已有在本系统编制的事项，不能改为同步目录；请另建清单。", code="list_not_empty"
        )
    if mapping.catalogue is None:
        raise problems.Conflict(_NO_CATALOGUE, code="catalogue_mapping_missing")


def _document(mapping: Mapping) -> dict[str, Any]:
    return mapping.model_dump(mode="json", exclude_defaults=True)


def _event(kind: str, row: Record, reason: str | None, elements: list[str] | None = None) -> NewEvent:
    """Tells of a peer by its code; addresses and credentials stay in the register."""
    return NewEvent(
        type=kind,
        region_code=row["region_codes"][0],
        list_id=row["mirror_list_id"],
        elements=elements or (),
        reason=reason,
        refs={"peer": row["code"], "peer_id": str(row["id"]), "version": row["version"]},
    )
