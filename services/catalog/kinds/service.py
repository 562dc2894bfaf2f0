"""Use cases of list kinds: add one, version its profile, find the profile that applies to an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.dictionary import service as dictionary
from services.catalog.kinds import repository
from services.catalog.kinds.rules import Profile, check_definition, check_kind_code, choose, read_profile
from services.catalog.kinds.schemas import Adoption, KindChange, NewKind, NewProfile
from services.catalog.lists.rules import check_kind_region
from services.catalog.quality.shapes import check_defaults
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


class ProfileSet:
    """The profiles of one kind, as seen from one region on one day; remembers the choice for each item type."""

    def __init__(self, profiles: Sequence[Profile], region_chain: Sequence[str], on: date) -> None:
        self._profiles = profiles
        self._chain = tuple(region_chain)
        self._on = on
        self._chosen: dict[str | None, Profile | None] = {}

    def choose(self, item_type: str | None) -> Profile:
        """The profile for an item type.

        Raises
        ------
        problems.Conflict
            The kind has no profile in force.
        """
        key = item_type if isinstance(item_type, str) else None
        if key not in self._chosen:
            self._chosen[key] = choose(self._profiles, item_type=key, region_chain=self._chain, on=self._on)
        chosen = self._chosen[key]
        if chosen is None:
            raise problems.Conflict("该清单类型尚无生效的要素表，请先添加要素表。", code="no_profile")
        return chosen


async def profile_set(
    connection: AsyncConnection, kind: str, region_chain: Sequence[str], on: date | None = None
) -> ProfileSet:
    """Profiles of a kind for a region (its code and those above it, nearest first), today unless told otherwise."""
    day = on or today()
    rows = await repository.profiles(connection, [kind], on=day)
    return ProfileSet([read_profile(row) for row in rows], region_chain, day)


def today() -> date:
    """Today's date in the zone of the domain."""
    return clock.now().astimezone(clock.ZONE).date()


async def get(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record:
    """A kind. Raises NotFound."""
    row = await repository.kind(connection, code, lock=lock)
    if row is None:
        raise problems.NotFound("没有这种清单类型，请核对代码。", code="kind_not_found")
    return row


async def add(tx: Transaction, principal: Principal, request: NewKind) -> Record:
    """Add a kind with its first profile.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.Conflict
        Neither administers the region nor leads its lists (QX-39); definition wrong; code taken.
    """
    check_kind_code(request.code)
    elements = _elements(request)
    chain = await _scope(tx, principal, request.region_code, led=True)
    await dictionary.check(tx.connection, chain, elements)
    region_code = chain[0] if chain else None
    given = {name: getattr(request, name) for name in ("code", "title", "description", "unique_code", "list_class")}
    values = given | {"origin": "custom", "region_code": region_code}
    if not await repository.add_kind(tx.connection, values):
        raise problems.Conflict(f"清单类型代码“{request.code}”已被使用，请更换。", code="kind_exists")
    await repository.add_profile(tx.connection, _profile_values(request.code, request, region_code, elements))
    tx.append(NewEvent(type="kind.created", list_kind=request.code, region_code=region_code, reason=request.reason,
                       legal_basis=request.legal_basis, refs={"profile": 1}))  # fmt: skip
    return await get(tx.connection, request.code)


async def change(tx: Transaction, principal: Principal, row: Record, request: KindChange) -> Record:
    """Change title and description. Raises Forbidden; built-in kinds keep their names."""
    await _scope(tx, principal, row["region_code"])
    if row["origin"] == "built_in":
        raise problems.Conflict("内置清单类型的名称不能修改；如需扩充要素，请添加新的要素表。", code="built_in_kind")
    changed = await repository.update_kind(
        tx.connection, row["code"], {"title": request.title, "description": request.description}
    )
    tx.append(NewEvent(type="kind.updated", list_kind=row["code"], elements=("title", "description"),
                       reason=request.reason, legal_basis=request.legal_basis))  # fmt: skip
    return changed


async def add_profile(tx: Transaction, principal: Principal, kind: str, request: NewProfile) -> Record:
    """Add the next profile of a kind; entries are judged by it from its first day on.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    """
    row = await get(tx.connection, kind, lock=True)
    elements = _elements(request)
    own = row["origin"] == "custom" and row["region_code"] is not None
    chain = await _scope(tx, principal, request.region_code or row["region_code"], led=own, of=row)
    await dictionary.check(tx.connection, chain, elements)
    region_code = chain[0] if chain else None
    added = await repository.add_profile(tx.connection, _profile_values(kind, request, region_code, elements))
    tx.append(NewEvent(type="profile.versioned", list_kind=kind, region_code=region_code, reason=request.reason,
                       legal_basis=request.legal_basis, refs={"number": added["number"]}))  # fmt: skip
    return added


async def adopt(tx: Transaction, principal: Principal, kind: str, number: int, request: Adoption) -> Record:
    """Take a profile over for a region: its elements become the next profile of the kind, which holds there.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    """
    row = await get(tx.connection, kind, lock=True)
    taken = await repository.profile(tx.connection, kind, number)
    if taken is None:
        raise problems.NotFound("没有这个版本的要素表。", code="profile_not_found")
    chain = await _scope(tx, principal, request.region_code or row["region_code"], of=row)
    await dictionary.check(tx.connection, chain, taken["elements"])
    region_code = chain[0] if chain else None
    values = {key: taken[key] for key in ("source", "verified", "name", "elements")} | {
        "kind": kind, "region_code": region_code, "item_type": request.item_type or taken["item_type"],
    } | _begins(request.valid_from)  # fmt: skip
    added = await repository.add_profile(tx.connection, values)
    refs = {"number": added["number"], "adopted": number}
    tx.append(NewEvent(type="profile.versioned", list_kind=kind, region_code=region_code, reason=request.reason,
                       legal_basis=request.legal_basis, refs=refs))  # fmt: skip
    return added


async def announce(tx: Transaction) -> None:
    """Say of which kinds profiles have begun to hold on a day of their own, once each: those shown may now say more."""
    for row in await repository.announce(tx.connection, tx.now.astimezone(clock.ZONE).date()):
        tx.append(NewEvent(type="profile.versioned", list_kind=row.kind, region_code=row.region_code,
                           refs={"number": row.number}))  # fmt: skip


async def _scope(
    tx: Transaction, principal: Principal, region_text: str | None, *, led: bool = False, of: Record | None = None
) -> list[str]:
    """The region of a definition and those above it, none for everywhere, if the principal administers it.

    `led`: whoever leads the lists of the region may as well. `of`: the kind, which is used in its region and below.
    """
    chain = await regions.chain(tx.connection, region_text) if region_text else []
    if of is not None:
        check_kind_region(of["region_code"], chain)
    if not (led and principal.holds("list_authority", region=chain)):
        regions.require_administrator(principal, chain)
    return chain


def _elements(request: NewProfile) -> list[dict[str, Any]]:
    elements = [element.model_dump(exclude_defaults=True) for element in request.elements]
    check_definition(elements)
    check_defaults(elements)
    return elements


def _profile_values(
    kind: str, request: NewProfile, region_code: str | None, elements: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "item_type": request.item_type,
        "region_code": region_code,
        "source": request.source,
        "name": request.name,
        "verified": request.verified,
        "elements": elements,
    } | _begins(request.valid_from)


def _begins(valid_from: date | None) -> dict[str, date | None]:
    """From when a new profile holds; that it holds now is said as it is added, later on its day."""
    now = today()
    begins = valid_from or now
    return {"valid_from": begins, "announced_on": now if begins <= now else None}
