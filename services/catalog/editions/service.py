"""Use cases of editions: which instant a name stands for, and what differs between two."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.editions import repository
from services.catalog.editions.rules import change_of
from services.catalog.editions.schemas import EntryDifference, ListDifference
from services.catalog.items import rules as entries
from services.catalog.items.schemas import ElementDifference
from services.catalog.kinds import service as kinds
from services.catalog.kinds.rules import Profile
from services.catalog.lists import service as lists
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems
from shared.http.pages import encode_cursor
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def instant(connection: AsyncConnection, list_id: UUID, name: str, place: str) -> datetime:
    """The instant an edition of a list stands for. Raises NotFound."""
    row = await repository.find(connection, list_id, name)
    if row is None:
        raise problems.NotFound(
            f"该清单没有名为“{name}”的版次，请查看版次列表。", code="edition_not_found",
            extra={"errors": [{"pointer": place, "code": "edition_not_found", "message": "没有这个版次"}]},
        )  # fmt: skip
    at: datetime = row["in_force_at"]
    return at


async def difference(
    tx: Transaction,
    list_id: UUID,
    *,
    editions: tuple[str | None, str | None],
    instants: tuple[datetime | None, datetime | None],
    after: UUID | None,
    limit: int,
) -> ListDifference:
    """Entries that came, went or changed between two states of a list, each named by edition or instant.

    The later state is the present one when none is named.

    Raises
    ------
    problems.NotFound
        No such list or edition.
    problems.Invalid
        The earlier state is not named, or one is named twice.
    """
    listed = await lists.get(tx.connection, list_id)
    first = await _state(tx, list_id, editions[0], instants[0], "from")
    second = await _state(tx, list_id, editions[1], instants[1], "to")
    if first is None:
        raise _unclear("from", "请用 from（版次名称）或 from_at（时点）指明较早的状态")
    second = second or tx.now
    rows = await repository.different(tx.connection, list_id, first, second, after=after, count=limit + 1)
    profiles = await kinds.profile_set(
        tx.connection, listed["kind"], await regions.chain(tx.connection, listed["region_code"])
    )
    items = [_entry(row, profiles.choose((row["after"] or row["before"]).get("item_type"))) for row in rows[:limit]]
    following = encode_cursor([str(items[-1].item_id)]) if len(rows) > limit else None
    return ListDifference(list_id=list_id, from_at=first, to_at=second, items=items, next=following)


async def _state(
    tx: Transaction, list_id: UUID, edition: str | None, at: datetime | None, name: str
) -> datetime | None:
    if edition is not None and at is not None:
        raise _unclear(name, f"{name} 与 {name}_at 只能给出一个")
    return await instant(tx.connection, list_id, edition, f"query/{name}") if edition else at


def _unclear(name: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code="state_unclear",
                            errors=[FieldError(f"query/{name}", "state_unclear", message)])  # fmt: skip


def _entry(row: Record, profile: Profile | None) -> EntryDifference:
    before, after = row["before"], row["after"]
    change = change_of(before, after)
    found = entries.differences(before, after, profile) if change == "changed" else []
    return EntryDifference(
        item_id=row["id"],
        name=(after or before).get("name") or "",
        change=change,
        from_version=row["from_version"],
        to_version=row["to_version"],
        differences=[ElementDifference.of(one) for one in found],
    )
