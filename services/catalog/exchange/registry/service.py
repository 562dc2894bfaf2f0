"""Use cases of the mapping profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from services.catalog.exchange.registry import repository
from services.catalog.exchange.schemas import ProfileSpec
from shared import problems
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def get(tx: Transaction, code: str, version: int | None = None) -> Row[Any]:
    """A profile, the newest version unless one is named.

    Raises
    ------
    problems.NotFound
    """
    row = await repository.find(tx.connection, code, version)
    if row is None:
        raise problems.NotFound("没有这个映射方案，请先登记。", code="mapping_profile_not_found")
    return row


async def register(tx: Transaction, who: Principal, spec: ProfileSpec) -> Row[Any]:
    """Add a profile, or the next version of one; the same content again changes nothing.

    Raises
    ------
    problems.Forbidden
        Only administrators decide how foreign tables are read; over what another made, the nation's alone.
    problems.Conflict
        The code belongs to a shipped profile, or a translation says something else already.
    problems.Invalid
        A list kind does not exist.
    """
    if not any(grant.role == "administrator" and grant.organ_id is None for grant in who.grants):
        raise problems.Forbidden("登记映射方案需要“系统管理员”角色。", code="forbidden")
    await _refuse_unknown_kinds(tx, spec.list_kinds)
    existing = await repository.find(tx.connection, spec.code)
    if existing is not None and existing.origin == "built_in":
        raise problems.Conflict("该编码属于系统自带的映射方案，不能覆盖，请换用其他编码。", code="profile_built_in")
    _refuse_of_others(who, existing)
    await _translate(tx, spec)
    version = await repository.insert_version(tx.connection, _values(tx, spec))
    if version is not None:
        await tx.audit(
            "catalog:mapping_profile:register", "done", {"code": spec.code, "version": version, "source": spec.source}
        )
    return await get(tx, spec.code)


def _refuse_of_others(who: Principal, existing: Row[Any] | None) -> None:
    """Imports everywhere read with the newest version, so it is its maker's or the nation's to write the next one."""
    if existing is None or existing.created_by == who.actor or who.holds("administrator", region=[NATION]):
        return
    message = "该映射方案由他人登记，只有登记人或全国的系统管理员可以修订，请换用其他编码。"
    raise problems.Forbidden(message, code="profile_of_others")


async def _refuse_unknown_kinds(tx: Transaction, kinds: Sequence[str]) -> None:
    unknown = await repository.unknown_kinds(tx.connection, kinds)
    if unknown:
        raise problems.Invalid(
            f"清单类型不存在：{'、'.join(sorted(unknown))}，请先登记清单类型。",
            code="list_kind_not_found",
            errors=[
                problems.FieldError(f"/list_kinds/{index}", "list_kind_not_found", "没有这个清单类型")
                for index, kind in enumerate(kinds)
                if kind in unknown
            ],
        )


async def _translate(tx: Transaction, spec: ProfileSpec) -> None:
    """Add the translations; refuse to change the meaning of a value that was translated before."""
    rows = [
        {"source": spec.source, "vocabulary": vocabulary, "foreign_value": foreign, "value": value, "relation": "exact"}
        for vocabulary, values in spec.vocabulary.items()
        for foreign, value in values.items()
    ]
    if not rows:
        return
    await repository.add_translations(tx.connection, rows)
    keys = [(row["source"], row["vocabulary"], row["foreign_value"]) for row in rows]
    stored = {
        (row.source, row.vocabulary, row.foreign_value): row.value
        for row in await repository.translations_of(tx.connection, keys)
    }
    wrong = [row for row, key in zip(rows, keys, strict=True) if stored[key] != row["value"]]
    if wrong:
        raise problems.Conflict(
            "来源中的值已有不同的对照，不能改变其含义，请换用其他来源名称。",
            code="translation_taken",
            errors=[_taken(row) for row in wrong],
        )


def _taken(row: Mapping[str, str]) -> problems.FieldError:
    return problems.FieldError(
        f"/vocabulary/{row['vocabulary']}/{_escaped(row['foreign_value'])}", "translation_taken", "已有不同的对照"
    )


def _escaped(part: str) -> str:
    """A reference token of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


def _values(tx: Transaction, spec: ProfileSpec) -> dict[str, Any]:
    return {
        "code": spec.code,
        "title": spec.title,
        "source": spec.source,
        "origin": "custom",
        "list_kinds": spec.list_kinds,
        "document": spec.model_dump(mode="json", exclude={"vocabulary"}),
        "created_by": tx.actor,
    }
