"""Taking packages in: everything is checked before anything is taken, and all of it is taken or nothing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from services.publish.offline import repository, rules
from services.publish.offline.archive import Archive
from services.publish.offline.contents import repository as contents
from services.publish.offline.contents.rules import (
    ACKNOWLEDGEMENT,
    GONE,
    Carried,
    answers,
    carried,
    inward,
    organ_codes,
)
from services.publish.offline.repository import Record
from services.publish.offline.rules import BadPackage, Chain, Manifest
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Rows saved in one statement.
CHUNK = 2_000
STAY_SECONDS = 1.0
# As many items as an event names at most (ADR 9).
MOST_ITEMS = 1_000
Result = TypeVar("Result")
# How many rows of a package were saved is told to whoever waits.
Told = Callable[[int], Awaitable[None]]


async def looked_at(tx: Transaction, partner: Record, content: bytes) -> int | None:
    """Rows of a package that is too large for a request; None when it is not, or nothing is left to do.

    Raises
    ------
    BadPackage, problems.Conflict
        What its manifest says of it already shows that it cannot be taken.
    """
    _, manifest, hash_ = _opened(partner, content)
    progress = await repository.progress(tx.connection, partner["id"])
    news = rules.follows(Chain(progress.received_serial, progress.received_hash), manifest, hash_)
    return manifest.rows if news and manifest.rows > rules.AT_ONCE_ROWS else None


def _opened(partner: Record, content: bytes) -> tuple[Archive, Manifest, str]:
    """A package from this partner for us, its manifest and by what the next one names that."""
    package = Archive(content)
    manifest = rules.read_manifest(package.manifest)
    rules.verify(package.manifest, package.signature, manifest, rules.public_keys(partner["public_keys"]))
    rules.addressed(manifest, code=partner["code"], own_code=partner["own_code"])
    return package, manifest, rules.digest(package.manifest)


async def take(tx: Transaction, partner: Record, content: bytes, *, told: Told | None = None) -> dict[str, Any]:
    """Take a package of a partner; the same one again changes nothing (`again`).

    Parameters
    ----------
    told : learns how many rows were saved, chunk by chunk; what it raises undoes all of it.

    Raises
    ------
    BadPackage
        It was not signed by the partner, is not for us, or is not what it says.
    problems.Conflict
        Packages before it are missing.
    """
    package, manifest, hash_ = _opened(partner, content)
    files = await _meanwhile(tx, lambda: package.files(manifest))
    progress = await repository.progress(tx.connection, partner["id"], lock=True)
    if not rules.follows(Chain(progress.received_serial, progress.received_hash), manifest, hash_):
        return rules.result(manifest, again=True, ignored=[])
    if manifest.kind == "acknowledgement":
        await _settle(tx, partner, manifest, files.get(ACKNOWLEDGEMENT, b""))
        ignored: list[dict[str, Any]] = []
    else:
        ignored = await _follow(tx, partner, manifest, files, told)
    await repository.received(tx.connection, partner["id"], manifest, hash_)
    await repository.keep(
        tx.connection, partner["id"], "in", manifest, hash_, actor=tx.actor, now=tx.now, ignored=ignored
    )
    refs = {"partner": partner["code"], "serial": manifest.serial, "kind": manifest.kind, "hash": hash_}
    tx.append(NewEvent(type="package.received", region_code=partner["region_codes"][0], refs=refs))
    return rules.result(manifest, again=False, ignored=ignored)


async def _meanwhile(tx: Transaction, work: Callable[[], Result]) -> Result:
    """What takes the processor's time, in a thread: others are answered, and the server, which ends a transaction that
    is idle for five seconds, hears of ours."""
    task = asyncio.create_task(asyncio.to_thread(work))
    while not (await asyncio.wait([task], timeout=STAY_SECONDS))[0]:
        await repository.stay(tx.connection)
    return task.result()


async def _follow(
    tx: Transaction, partner: Record, manifest: Manifest, files: Mapping[str, bytes], told: Told | None
) -> list[dict[str, Any]]:
    """Keep what came and tell the catalog; lists that nothing here mirrors, with how many entries they have."""
    if ACKNOWLEDGEMENT in files:
        raise BadPackage("files_differ", f"条目包内不应有 {ACKNOWLEDGEMENT}，未导入")
    mirrors = {row.source_list_id: row for row in await repository.mirrors(tx.connection, [partner["id"]])}
    entries = await _meanwhile(tx, lambda: carried(files))
    mine = [one for one in entries.values() if one.list_id in mirrors]
    organs = await contents.organs(tx.connection, sorted(organ_codes(mine)))
    news: list[Row] = []
    for start in range(0, len(mine), CHUNK):  # bounded: by the rows a package may have
        part = [_row(one, mirrors[one.list_id], organs) for one in mine[start : start + CHUNK]]
        news += await contents.save(tx.connection, part, serial=manifest.serial, now=tx.now)
        if told is not None:
            await told(start + len(part))
    if manifest.whole:
        news += await contents.withdraw_absent(tx.connection, partner["id"], GONE, serial=manifest.serial, now=tx.now)
    _tell(tx, partner, manifest, {row.id: row for row in mirrors.values()}, news)
    left: dict[UUID, int] = defaultdict(int)
    for one in entries.values():
        if one.list_id not in mirrors:
            left[one.list_id] += 1
    return [{"list_id": str(list_id), "entries": count} for list_id, count in sorted(left.items())]


def _row(one: Carried, mirror: Row, organs: Mapping[str, UUID]) -> dict[str, Any]:
    elements, remark = inward(one, organs)
    return {
        "mirror": mirror.id, "source": one.item_id, "new_id": new_id(), "version": one.version, "elements": elements,
        "remark": remark, "gone": one.body is None,
    }  # fmt: skip


def _tell(
    tx: Transaction, partner: Record, manifest: Manifest, mirrors: Mapping[UUID, Row], news: Sequence[Row]
) -> None:
    """`catalogue.received`, as after a pull: the mirrored lists follow."""
    items: dict[UUID, list[UUID]] = defaultdict(list)
    for row in news:
        items[row.mirror_id].append(row.item_id)
    for mirror_id, found in items.items():
        refs = {"peer": partner["code"], "peer_id": str(mirror_id), "cursor": str(manifest.serial)}
        for start in range(0, len(found), MOST_ITEMS):
            tx.append(
                NewEvent(
                    type="catalogue.received", list_id=mirrors[mirror_id].list_id,
                    item_ids=found[start : start + MOST_ITEMS],
                    reason=f"导入“{partner['name']}”第 {manifest.serial} 号离线包", refs=refs,
                )
            )  # fmt: skip


async def _settle(tx: Transaction, partner: Record, manifest: Manifest, content: bytes) -> None:
    """What the partner said of our entries opens and closes findings, as rejections of platforms do."""
    told = await contents.answer(tx.connection, partner, answers(content), serial=manifest.serial, now=tx.now)
    groups: dict[tuple[str, UUID], list[Row]] = defaultdict(list)
    for row in told:
        groups[row.state, row.list_id].append(row)
    for (state, list_id), rows in sorted(groups.items()):
        for start in range(0, len(rows), MOST_ITEMS):
            part = rows[start : start + MOST_ITEMS]
            codes = sorted({row.err_type for row in part if row.err_type})
            refs = {"peer": partner["code"], "peer_id": str(partner["id"]), "batch": str(manifest.serial)}
            tx.append(
                NewEvent(
                    type=f"exchange.{state}", list_id=list_id, item_ids=[row.item_id for row in part],
                    refs=refs | ({"codes": codes[:50]} if codes else {}),
                )
            )  # fmt: skip
