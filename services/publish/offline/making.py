"""Making packages: everything or what is new for a partner, or what we say of what came from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.offline import archive, repository, rules
from services.publish.offline.contents import repository as contents
from services.publish.offline.contents.rules import (
    ACKNOWLEDGEMENT,
    EVENTS,
    LIST_FOLDER,
    LISTS,
    answer_lines,
    lines,
)
from services.publish.offline.repository import Record
from services.publish.offline.rules import Manifest
from services.publish.portal import cloud_events
from shared import clock, problems
from shared.ledger import operations
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin
from shared.seals.keys import PACKAGES, Signer
from shared.statement import Row

KIND = "offline_package"
Kept = Callable[[Transaction, Manifest, bool], Awaitable[None]]


async def start(tx: Transaction, partner: Record, given: Mapping[str, Any]) -> UUID:
    """Let the worker make a package; the operation's id."""
    return await operations.create(tx, kind=KIND, parameters={"partner": partner["code"], **given})


async def run(engine: AsyncEngine, running: Running, secrets: Path) -> Mapping[str, Any]:
    """The operation; its result says the serial, where the package is fetched and whether more waits.

    It ends with the package: begun anew it would make another one, which takes the place of the first.
    """
    told = running.parameters

    def result(made: Manifest, more: bool) -> dict[str, Any]:
        place = f"/publish/v1/offline-partners/{told['partner']}/packages/{made.serial}"
        return rules.result(made, more=more, location=place)

    async def kept(tx: Transaction, made: Manifest, more: bool) -> None:
        await running.succeed(tx, result(made, more))

    made, more = await make(
        engine, told["partner"], kind=told["kind"], everything=told["everything"],
        after_serial=told["after_serial"], actor=running.actor, secrets=secrets, kept=kept,
    )  # fmt: skip
    return result(made, more)


async def make(
    engine: AsyncEngine, code: str, *, kind: rules.Kind, everything: bool, actor: str, secrets: Path,
    after_serial: int = 0, kept: Kept | None = None,
) -> tuple[Manifest, bool]:  # fmt: skip
    """Make the next package for a partner and keep it to be fetched; whether there is more than it holds.

    It is read and packed outside of a transaction that holds anything, and counts only if nobody made one meanwhile.

    Parameters
    ----------
    kept : learns of the package and whether there is more, in the transaction that keeps it.

    Raises
    ------
    problems.NotFound, problems.Conflict, problems.Invalid
    """
    signer = _signer(secrets)
    # Packing takes the processor's time: no transaction stays open meanwhile.
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        partner = await repository.find(connection, code)
        if partner is None:
            raise problems.NotFound("没有这个离线交换对象，请核对代码。", code="offline_partner_not_found")
        seen, mark = await repository.progress(connection, partner["id"]), await repository.mark(connection)
        manifest = _blank(partner, seen, kind, signer, after_serial)
        # After a restore the numbers sent before are void: only everything is right.
        manifest = replace(manifest, whole=kind == "entries" and (everything or seen.epoch != seen.log_epoch))
        # What was said before is said again when a package of answers was lost on its way.
        answered = 0 if everything else seen.acknowledged_serial
        manifest, files, more = await _filled(connection, partner, seen, manifest, answered)
    _bounded(files)
    manifest = replace(manifest, files=[rules.file_of(name, data) for name, data in sorted(files.items())])
    document = manifest.document
    packed = archive.pack(document, signer.sign(document).hex().encode(), files)
    async with begin(engine, service="publish", actor=actor) as tx:
        await _keep(tx, partner, seen, mark, manifest, packed)
        if kept is not None:
            await kept(tx, manifest, more)
    return manifest, more


def _signer(secrets: Path) -> Signer:
    try:
        return Signer(secrets, PACKAGES)
    except RuntimeError as error:
        told = "尚未配置离线包的签名密钥，请运维人员用 qingdan offline-keys 生成并交给 publish 的工作进程。"
        raise problems.Conflict(told, code="offline_key_missing") from error


def _blank(partner: Record, seen: Row, kind: rules.Kind, signer: Signer, after_serial: int) -> Manifest:
    return Manifest(
        source=partner["own_code"], destination=partner["code"], serial=max(seen.sent_serial, after_serial) + 1,
        kind=kind, previous=seen.sent_hash, epoch=str(seen.log_epoch), from_position=seen.position,
        until_position=seen.position, whole=False, made_at=clock.now().isoformat(), key=signer.key_id, files=[],
    )  # fmt: skip


async def _filled(
    connection: AsyncConnection, partner: Record, seen: Row, manifest: Manifest, answered: int
) -> tuple[Manifest, dict[str, bytes], bool]:
    if manifest.kind == "acknowledgement":
        return manifest, *await _answers(connection, partner, answered)
    head = await contents.head(connection)
    if manifest.whole:
        files = _lists(await contents.whole(connection, partner, rules.MOST_ROWS + 1))
        return replace(manifest, from_position=0, until_position=head), files, False
    rows = await contents.events(connection, partner, after=seen.position, until=head, limit=rules.MOST_ROWS)
    fitting = _fitting(cloud_events.event(row) for row in rows)
    more = len(fitting) < len(rows) or len(rows) == rules.MOST_ROWS
    until = int(rows[len(fitting) - 1].sequence) if more else head
    return replace(manifest, until_position=until), {EVENTS: lines(fitting)}, more


def _fitting(told: Iterable[bytes]) -> list[bytes]:
    """As many of these lines as one package holds, and the first in any case."""
    found: list[bytes] = []
    size = 0
    for line in told:
        size += len(line) + 1
        if found and size > archive.MOST_CONTENT:
            break
        found.append(line)
    return found


def _bounded(files: Mapping[str, bytes]) -> None:
    """Refuse what every receiver would."""
    if sum(map(len, files.values())) > archive.MOST_CONTENT or len(files) > archive.MOST_FILES - 2:
        raise problems.Invalid(
            f"内容超过 {archive.MOST_CONTENT // 1024 // 1024} MB 或 {archive.MOST_FILES - 2} 个清单，一个包装不下；"
            "请按清单类型或区划分设几个离线交换对象。", code="too_large",
        )  # fmt: skip


async def _answers(connection: AsyncConnection, partner: Record, answered: int) -> tuple[dict[str, bytes], bool]:
    rows = await contents.acknowledged(connection, partner["id"], after=answered, limit=rules.MOST_ROWS + 1)
    waiting = sum(1 for row in rows if row.state == "waiting")
    if waiting:
        raise problems.Conflict(f"还有 {waiting} 个事项正在导入清单，请稍后再导出回执。", code="still_importing")
    if len(rows) > rules.MOST_ROWS:
        raise _too_many()
    return {ACKNOWLEDGEMENT: answer_lines([dict(row) for row in rows])}, False


def _lists(rows: list[Row]) -> dict[str, bytes]:
    if len(rows) > rules.MOST_ROWS:
        raise _too_many()
    bodies: dict[UUID, list[bytes]] = defaultdict(list)
    told: dict[UUID, bytes] = {}
    for row in rows:
        told[row.list_id] = orjson.dumps(
            {"list_id": str(row.list_id), "kind": row.kind, "region_code": row.region_code, "title": row.title,
             "revision": row.revision, "hash": row.hash.hex(), "entries": row.entries}
        )  # fmt: skip
        if row.body is not None:
            bodies[row.list_id].append(row.body)
    files = {f"{LIST_FOLDER}{list_id}.jsonl": lines(found) for list_id, found in bodies.items()}
    return files | {LISTS: lines(told.values())}


def _too_many() -> problems.Invalid:
    return problems.Invalid(
        f"超过 {rules.MOST_ROWS} 行，一个包装不下；请按清单类型或区划分设几个离线交换对象。", code="too_many_rows"
    )


async def _keep(tx: Transaction, partner: Record, seen: Row, mark: Row, manifest: Manifest, packed: bytes) -> None:
    hash_ = rules.digest(manifest.document)
    progress = await repository.progress(tx.connection, partner["id"], lock=True)
    if progress.sent_serial != seen.sent_serial:
        raise problems.Conflict("同时有人为该对象导出了另一个包，请重试。", code="package_outdated")
    # Refused before its number is used: the partner would miss a package that nobody may fetch.
    if manifest.kind == "entries" and await repository.is_stale(tx.connection, mark):
        told = "有内容刚改为不公开，公开清单尚在更新；请稍后重新导出。"
        raise problems.Conflict(told, code="content_being_hidden")
    acknowledged = seen.received_serial if manifest.kind == "acknowledgement" else None
    await repository.sent(
        tx.connection, partner["id"], manifest, hash_, position=manifest.until_position, acknowledged=acknowledged
    )
    await repository.keep(
        tx.connection,
        partner["id"],
        "out",
        manifest,
        hash_,
        actor=tx.actor,
        now=tx.now,
        content=packed,
        mark=mark,
    )
    refs = {"partner": partner["code"], "serial": manifest.serial, "kind": manifest.kind, "hash": hash_}
    tx.append(NewEvent(type="package.made", region_code=partner["region_codes"][0], refs=refs))
