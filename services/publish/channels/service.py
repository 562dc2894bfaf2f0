"""Use cases of channels: registered, changed, paused and resumed by administrators; read by all who work there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.channels import repository, rules
from services.publish.channels.findings import service as findings
from services.publish.channels.repository import Record
from services.publish.channels.schemas import ChannelChange, NewChannel
from services.publish.channels.states import repository as states
from shared import problems, settings
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

# With one of these changed, what the channel shows is no longer what it is to show.
_CONTENT = ("shows", "delivery", "format", "compares", "put_url", "read_url", "link", "progress_url")


async def get(tx: Transaction, who: Principal, code: str, *, lock: bool = False) -> Record:
    """A channel, for those who work in its region. Raises NotFound."""
    row = await repository.find(tx.connection, code, lock=lock)
    if row is None or not rules.may_read(who, row["chain"]):
        raise problems.NotFound("没有这个渠道，请核对代码。", code="channel_not_found")
    return row


async def standing(tx: Transaction, row: Record) -> Row:
    """A channel with how it stands."""
    return await repository.one(tx.connection, row["id"], tx.now)


async def register(tx: Transaction, who: Principal, given: NewChannel) -> Record:
    """Register a channel; it is due at once to show what is published.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        The code is taken.
    """
    values = await _checked(tx, who, given, given.code, given.kind, given.region_code)
    values |= {"id": new_id(), "code": given.code, "kind": given.kind, "region_code": given.region_code}
    if not await repository.add(tx.connection, values | {"created_by": tx.actor}):
        raise problems.Conflict(f"代码“{given.code}”已用于另一渠道，请另取代码。", code="channel_exists")
    row = await get(tx, who, given.code)
    await _begin(tx, row["id"])
    tx.append(_event("channel.registered", row, given.reason))
    return row


async def change(tx: Transaction, who: Principal, row: Record, given: ChannelChange) -> Record:
    """Change a channel; with other content it is due to show everything again. Raises as `register`."""
    values = await _checked(tx, who, given, row["code"], row["kind"], row["region_code"])
    names = sorted(name for name in values if row[name] != values[name])
    await repository.change(tx.connection, row["id"], values)
    if "list_kinds" in names:
        await states.forget_others(tx.connection, row["id"])
        await findings.close_left(tx, row["id"])
    other_unit = values["shows"] == "unit" and "organ_id" in names
    if other_unit or set(names) & set(_CONTENT):
        await findings.close(tx, row["id"])
        await states.show_again(tx.connection, row["id"], tx.now)
    await _begin(tx, row["id"])
    changed = await get(tx, who, row["code"])
    tx.append(_event("channel.updated", changed, given.reason, names))
    return changed


async def set_state(tx: Transaction, who: Principal, code: str, state: str) -> Record:
    """Pause a channel, which settles what is open about it, or resume it.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.IllegalTransition
    """
    row = await get(tx, who, code, lock=True)
    _require(who, row["chain"])
    if row["state"] == state:
        allowed = "resume" if state == "paused" else "pause"
        raise problems.IllegalTransition(f"该渠道{rules.STATES[state]}，无需重复操作。", allowed=[allowed])
    await repository.change(tx.connection, row["id"], {"state": state})
    if state == "paused":
        await findings.close(tx, row["id"])
    else:
        await states.show_again(tx.connection, row["id"], tx.now)
        await _begin(tx, row["id"])
    changed = await get(tx, who, code)
    tx.append(_event("channel.paused" if state == "paused" else "channel.resumed", changed, None, ["state"]))
    return changed


async def page(tx: Transaction, who: Principal, filters: dict[str, Any], *, after: str, limit: int) -> list[Row]:
    """Channels of the regions the caller works in, and below."""
    regions = sorted({grant.region_code for grant in who.grants})
    given = {"regions": regions, "nation": NATION, "after": after, "limit": limit, "now": tx.now}
    return await repository.page(tx.connection, filters | given)


async def of_list(tx: Transaction, list_id: UUID) -> tuple[Row, list[Row]]:
    """A published list, and where it is shown. Raises NotFound."""
    row = await repository.published(tx.connection, list_id)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    return row, await repository.of_list(tx.connection, list_id)


async def _begin(tx: Transaction, channel: UUID) -> None:
    await states.make_due(tx.connection, now=tx.now, channel=channel, begun=tx.now)
    await findings.open_to_post(tx, channel=channel)


def _require(who: Principal, chain: list[str]) -> None:
    if not rules.may_administer(who, chain):
        raise problems.Forbidden("只有该区划或其上级的系统管理员可以操作。", extra={"role": "administrator"})


async def _checked(
    tx: Transaction, who: Principal, given: ChannelChange, code: str, kind: str, region: str
) -> dict[str, Any]:
    """The values to store, once everything they name is found to be there."""
    place = await repository.place(tx.connection, region, given.organ_id)
    if place is None:
        wrong = FieldError("/region_code", "region_unknown", f"区划{region}未登记，请填写登记的代码")
        raise problems.Invalid("所填区划不存在，请核对。", errors=[wrong])
    _require(who, place.chain)
    if given.organ_id is not None and place.organ_region not in (region, *place.chain):
        wrong = FieldError("/organ_id", "organ_unknown", "该区划及其上级没有这个单位，请核对")
        raise problems.Invalid("所填单位不存在，请核对。", errors=[wrong])
    await _check_kinds(tx, given.list_kinds)
    known = rules.KINDS[kind]
    delivery, format_ = given.delivery or known.delivery, given.format or known.formats[0]
    rules.check_format(kind, format_, delivery)
    rules.check_unit(given.shows, given.organ_id, format_)
    rules.check_ways(
        delivery, put_url=given.put_url, read_url=given.read_url, credential=given.credential,
        kinds=len(set(given.list_kinds)),
    )  # fmt: skip
    rules.check_credential(given.credential, code)
    allowed = settings.load().channel_allowed_networks
    for name in ("put_url", "read_url"):
        rules.check_url(f"/{name}", getattr(given, name), allowed)
    values = given.model_dump(exclude={"reason", "code", "kind", "region_code"})
    return values | {
        "delivery": delivery, "format": format_, "list_kinds": sorted(set(given.list_kinds)),
        "window_seconds": given.window_seconds or known.window,
    }  # fmt: skip


async def _check_kinds(tx: Transaction, codes: list[str]) -> None:
    kinds = await repository.known_kinds(tx.connection, codes)
    wrong = [
        FieldError(f"/list_kinds/{index}", "kind_unknown", f"没有清单类型“{code}”")
        for index, code in enumerate(codes)
        if code not in kinds
    ]
    if wrong:
        raise problems.Invalid(f"有{len(wrong)}处内容不存在，请核对。", errors=wrong)


def _event(kind: str, row: Record, reason: str | None, elements: list[str] | None = None) -> NewEvent:
    """Tells of a channel by its code; addresses and credentials stay in the register."""
    return NewEvent(
        type=kind, region_code=row["region_code"], elements=elements or (), reason=reason,
        refs={"channel": row["code"], "channel_id": str(row["id"]), "kind": row["kind"], "version": row["version"]},
    )  # fmt: skip
