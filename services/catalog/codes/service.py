"""Use cases of codes: what one means, which is free, and the mapping of local codes to national ones."""

from __future__ import annotations

from services.catalog.codes import repository, rules
from services.catalog.codes.schemas import (
    CodeAnswer,
    CodeHolder,
    CodeMapping,
    CodeMappingLoad,
    CodeMappingResult,
    FreeCode,
    NextCode,
)
from services.catalog.regions import service as regions
from services.catalog.regions.schemas import RowError
from shared import problems
from shared.codes.item_code import BaseCode, ImplementationCode
from shared.codes.problems import CodeError
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def describe(tx: Transaction, code: str) -> CodeAnswer:
    """What is known of a code: its parts, who has or had it, what it stands for elsewhere."""
    scheme, problem = rules.scheme_of(code)
    return CodeAnswer(
        code=code,
        scheme=scheme,
        problem=problem,
        segments=rules.segments(code) if scheme and not problem else {},
        holders=[CodeHolder(**row) for row in await repository.holders(tx.connection, code)],
        mappings=[CodeMapping(**row) for row in await repository.mappings_of(tx.connection, code)],
    )


async def free(tx: Transaction, wanted: NextCode) -> FreeCode:
    """The next code that was never given.

    Raises
    ------
    problems.Invalid
        Parts that do not make a code, an organ without a credit code.
    problems.Conflict
        No serial is left, or the organ has the matter already.
    """
    try:
        return FreeCode(scheme=wanted.scheme, code=await _NEXT[wanted.scheme](tx, wanted))
    except CodeError as error:
        raise problems.Invalid(f"无法生成编码：{error.problem.message}。", code=error.problem.code) from None


async def _next_base(tx: Transaction, wanted: NextCode) -> str:
    if wanted.main_item:
        main = BaseCode.parse(wanted.main_item)
        used = await repository.used_below(tx.connection, main.main_code, ["base"])
        return rules.next_sub_item(main, used).value
    area, kind, department = wanted.area or "", wanted.item_type or "", wanted.department or ""
    used = await repository.used_below(tx.connection, f"{area}{kind}{department}", ["base"])
    return rules.next_main_item(area, kind, department, used).value


async def _next_implementation(tx: Transaction, wanted: NextCode) -> str:
    organ = await repository.credit_code(tx.connection, wanted.organ_id)
    place = problems.FieldError("/organ_id", "credit_code_missing", "请先在机构库中补登统一社会信用代码")
    if organ is None or not organ["credit_code"]:
        raise problems.Invalid("机构未登记，或没有统一社会信用代码，无法生成实施编码。", errors=[place])
    code = rules.implementation(organ["credit_code"], wanted.level or "", wanted.base_code or "").value
    if await repository.holders(tx.connection, code):
        message = f"“{organ['name']}”已有或曾有编码{code}，编码不得重复使用；同一事项的不同办理情形请用业务办理项编码。"
        raise problems.Conflict(message, code="code_in_use")
    return code


async def _next_serial(tx: Transaction, wanted: NextCode) -> str:
    implementation = ImplementationCode.parse(wanted.implementation_code or "")
    schemes = ["implementation"] if wanted.scheme == "handling_item" else ["material"]
    used = await repository.used_below(tx.connection, implementation.value, schemes)
    return rules.next_serial(implementation, wanted.scheme, used)


_NEXT = {
    "base": _next_base,
    "implementation": _next_implementation,
    "handling_item": _next_serial,
    "material": _next_serial,
}


async def load(tx: Transaction, principal: Principal, request: CodeMappingLoad) -> CodeMappingResult:
    """Keep mappings of a region; national codes that cannot be read are named, the others are kept.

    Raises
    ------
    problems.Forbidden
        Not an administrator of the region.
    """
    chain = await regions.chain(tx.connection, request.region_code)
    regions.require_administrator(principal, chain)
    errors: list[RowError] = []
    sound: dict[tuple[str, str], dict[str, str]] = {}
    for index, row in enumerate(request.items):
        _, problem = rules.scheme_of(row.national_code)
        if problem:
            pointer = f"/items/{index}/national_code"
            errors.append(RowError(pointer=pointer, code="base_code", message=f"国家基本编码{problem}"))
        else:
            sound[row.local_code, row.national_code] = row.model_dump()
    values = {"region_code": chain[0], "recorded_by": principal.actor}
    recorded = await repository.load(tx.connection, list(sound.values()), values) if sound else 0
    if recorded:
        _tell(tx, "code_mapping.recorded", chain[0], request.reason, request.legal_basis, recorded)
    return CodeMappingResult(
        recorded=recorded, unchanged=len(sound) - recorded, rejected=len(errors), errors=errors[:1_000]
    )


async def remove(tx: Transaction, principal: Principal, region_code: str, local_code: str, national_code: str) -> None:
    """Forget a mapping.

    Raises
    ------
    problems.Forbidden, problems.NotFound
    """
    chain = await regions.chain(tx.connection, region_code, "path/region_code")
    regions.require_administrator(principal, chain)
    if not await repository.remove(tx.connection, chain[0], local_code.upper(), national_code.upper()):
        raise problems.NotFound("没有这条编码对照，可能已被删除。", code="code_mapping_not_found")
    _tell(tx, "code_mapping.removed", chain[0], f"{local_code} → {national_code}", None, 1)


def _tell(
    tx: Transaction, event: str, region_code: str, reason: str | None, legal_basis: str | None, count: int
) -> None:
    tx.append(
        NewEvent(type=event, region_code=region_code, reason=reason, legal_basis=legal_basis, refs={"count": count})
    )
