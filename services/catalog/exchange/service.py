"""Use cases of an import: who may start one on which lists, and what is told about it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.catalog.exchange import repository
from services.catalog.exchange.registry import repository as registry
from services.catalog.exchange.schemas import ImportRequest
from services.catalog.spreadsheets import service as sheets
from services.catalog.spreadsheets.mapping import mapping_of
from shared import problems
from shared.identity.principal import Principal
from shared.ledger import operations
from shared.ledger.transaction import Transaction

KIND = "import"
# Names the spreadsheet that is made from the kind's own profile.
TEMPLATE = "template"


def refuse_without_role(who: Principal) -> None:
    """Refuse before a single byte of a file is taken.

    Raises
    ------
    problems.Forbidden
        The account leads no list anywhere.
    """
    if not any(grant.role == "list_authority" for grant in who.grants):
        raise problems.Forbidden("导入需要“清单牵头单位”角色，当前账号没有此角色。", extra={"role": "list_authority"})


async def start(tx: Transaction, who: Principal, wish: ImportRequest, *, spool: str, file_name: str) -> UUID:
    """Record an import of a stored file; a worker runs it after the commit.

    Raises
    ------
    problems.Invalid
        Unknown region, profile, or a kind the profile is not for.
    problems.Forbidden
        The account leads none of the lists.
    problems.Conflict
        None of the lists is compiling, or another import works on one of them.
    """
    profile = await _profile(tx, wish)
    kind = _kind(wish, profile.list_kinds)
    if await repository.place(tx.connection, wish.region_code) is None:
        raise _invalid("region_code", "region_not_found", "区划未登记，请核对12位区划代码。")
    lists = await _importable(tx, who, kind, wish.region_code)
    running = await repository.open_run(tx.connection, lists)
    if running is not None:
        raise problems.Conflict(
            f"清单正在进行另一次导入（操作 {running}），请等待其完成或先取消。",
            code="import_running",
            extra={"operation_id": str(running)},
        )
    operation_id = await operations.create(tx, kind=KIND, parameters={"spool": spool, **wish.model_dump(mode="json")})
    await repository.insert_run(
        tx.connection,
        {
            "operation_id": operation_id,
            "list_kind": kind,
            "region_code": wish.region_code,
            "list_ids": lists,
            "profile": profile.code,
            "profile_version": profile.version,
            "file_name": file_name,
            "spool": spool,
            "dry_run": wish.dry_run,
            "reason": wish.reason,
            "legal_basis": wish.legal_basis,
            "created_by": tx.actor,
        },
    )
    return operation_id


async def get_run(tx: Transaction, who: Principal, operation_id: UUID) -> Row[Any]:
    """An import the account may look at: its own, or one in a region it has a role for.

    Raises
    ------
    problems.NotFound
    problems.Forbidden
    """
    run = await repository.find_run(tx.connection, operation_id)
    if run is None:
        raise problems.NotFound("没有这次导入，请检查编号。", code="import_not_found")
    if run.created_by == who.actor:
        return run
    place = await repository.place(tx.connection, run.region_code) or []
    if not any(who.holds(role, region=place) for role in ("list_authority", "auditor", "administrator")):
        raise problems.Forbidden("只有发起人、该区划的清单牵头单位和监督人员可以查看此次导入。")
    return run


async def _profile(tx: Transaction, wish: ImportRequest) -> Row[Any]:
    if wish.profile == TEMPLATE:
        return await _template(tx, wish)
    found = await registry.find(tx.connection, wish.profile)
    if found is None:
        raise _invalid("profile", "mapping_profile_not_found", "没有这个映射方案，请先登记。")
    return found


async def _template(tx: Transaction, wish: ImportRequest) -> Row[Any]:
    """The mapping that reads the kind's own spreadsheet, as its profile is today."""
    if wish.list_kind is None:
        raise _invalid("list_kind", "list_kind", "以模板导入须指明清单类型。")
    kind, profile = await sheets.profile_of(tx.connection, wish.list_kind, wish.region_code)
    document = mapping_of(profile, kind["title"])
    await registry.insert_version(
        tx.connection,
        {key: document[key] for key in ("code", "title", "source", "list_kinds")}
        | {"origin": "built_in", "document": document, "created_by": "system:template"},
    )
    found = await registry.find(tx.connection, document["code"])
    assert found is not None  # it has just been written
    return found


def _kind(wish: ImportRequest, kinds: Sequence[str]) -> str:
    if wish.list_kind is None and len(kinds) == 1:
        return kinds[0]
    if wish.list_kind is None or wish.list_kind not in kinds:
        raise _invalid("list_kind", "list_kind", f"请指明清单类型，该映射方案可用于：{'、'.join(kinds)}。")
    return wish.list_kind


async def _importable(tx: Transaction, who: Principal, kind: str, root: str) -> list[UUID]:
    """Lists that are compiling and led by the account; they stay locked until the commit."""
    lists = await repository.lists_below(tx.connection, kind, root)
    led = [row for row in lists if who.holds("list_authority", region=row.place, organ_id=row.lead_organ_id)]
    if lists and not led:
        raise problems.Forbidden("只有清单牵头单位可以导入，当前账号不是该区划此类清单的牵头单位。")
    compiling = [row.id for row in led if row.state == "compiling"]
    if not compiling:
        reason = "均已生效（修改请走调整程序）或与上级平台目录同步" if led else "尚未建立，请先建立清单"
        raise problems.Conflict(f"该区划及以下的此类清单{reason}；只能向编制中的清单导入。", code="no_list_compiling")
    return compiling


def _invalid(field: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(message, code=code, errors=[problems.FieldError(f"/{field}", code, message)])


def row_after(cursor: Sequence[Any]) -> int:
    """The row number a page cursor names.

    Raises
    ------
    problems.Invalid
        Not a cursor of ours.
    """
    (row,) = cursor
    if not isinstance(row, int) or not 0 <= row < 2**31:
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor")
    return row
