"""Use case of the horizontal check: matters that organs of one level handle differently."""

from __future__ import annotations

from collections import defaultdict

import orjson

from services.catalog.uniformity import repository
from services.catalog.uniformity.schemas import ElementVariants, HorizontalReport, MatterDifference, Variant
from shared import problems
from shared.http.pages import decode_cursor, encode_cursor
from shared.ledger.transaction import Transaction

MOST_VARIANTS = 20


async def horizontal(
    tx: Transaction, kind: str, *, within: str | None, base_code: str | None, level: str | None, cursor: str | None,
    limit: int,
) -> HorizontalReport:  # fmt: skip
    """Matters with the same base code and level whose entries differ (TH-22, ZZ-07); two statements a page.

    Raises
    ------
    problems.Invalid
        The cursor is none of ours.
    """
    found = await repository.groups(
        tx.connection, kind, within=within, base_code=base_code, level=level, after=_place(cursor), count=limit + 1
    )
    shown = found[:limit]
    said: dict[int, dict[str, list[Variant]]] = defaultdict(lambda: defaultdict(list))
    for row in await repository.variants(tx.connection, kind, shown, within=within, most=MOST_VARIANTS):
        value = orjson.loads(row.value) if row.value is not None else None
        said[row.place][row.element].append(Variant(value=value, entries=row.entries, items=row["items"]))
    items = [
        MatterDifference(
            **{name: group[name] for name in ("base_code", "level", "name", "entries", "organs", "regions")},
            differences=[ElementVariants(element=name, variants=ways) for name, ways in said[place].items()],
        )
        for place, group in enumerate(shown, start=1)
    ]
    last = shown[-1] if len(found) > limit else None
    following = encode_cursor([last.base_code, last.level, last.branch]) if last else None
    return HorizontalReport(items=items, next=following)


def _place(cursor: str | None) -> tuple[str, str, str] | None:
    if not cursor:
        return None
    code, level, branch = decode_cursor(cursor, 3)
    if not all(isinstance(one, str) for one in (code, level, branch)):
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor")
    return code, level, branch
