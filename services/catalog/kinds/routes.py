"""HTTP of list kinds and element profiles."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from services.catalog.fields import Search
from services.catalog.kinds import repository, service
from services.catalog.kinds.rules import choose, read_profile
from services.catalog.kinds.schemas import Adoption, Kind, KindChange, KindWithProfile, NewKind, NewProfile, Profile
from services.catalog.regions import service as regions
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["kinds"])

KindCode = Annotated[str, Path(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]
Number = Annotated[int, Path(ge=1, le=100_000, examples=[1])]


@router.get("/kinds", operation_id="list_kinds", summary="Kinds of list")
async def list_kinds(
    tx: Unit,
    staff: Staff,
    limit: Limit = 50,
    cursor: Cursor = None,
    origin: Literal["built_in", "custom"] | None = None,
    q: Search = None,
) -> Page[Kind]:
    """Kinds of lists by code."""
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    rows = await repository.kinds(tx.connection, origin=origin, query=q, after=after, limit=limit + 1)
    return page_of([Kind(**row) for row in rows], limit, lambda one: [one.code])


@router.post("/kinds", operation_id="create_kind", summary="Add a kind of list, usable at once", status_code=201,
             response_model=Kind)  # fmt: skip
async def create_kind(tx: Unit, staff: Staff, body: NewKind) -> Response:
    """A new kind of list with its own elements, usable at once."""
    row = await service.add(tx, staff, body)
    return created(f"/catalog/v1/kinds/{row['code']}", Kind(**row), row["version"])


@router.get(
    "/kinds/{code}",
    operation_id="get_kind",
    summary="A kind of list with its present profile",
    response_model=KindWithProfile,
)
async def get_kind(tx: Unit, staff: Staff, code: KindCode) -> Response:
    """A kind and the profile in force today for all item types, in the region the kind belongs to."""
    row = await service.get(tx.connection, code)
    rows = await repository.profiles(tx.connection, [code], on=service.today())
    chain = await regions.chain(tx.connection, row["region_code"]) if row["region_code"] else []
    chosen = choose([read_profile(entry) for entry in rows], item_type=None, region_chain=chain, on=service.today())
    shown = next((entry for entry in rows if chosen and entry["number"] == chosen.number), None)
    return with_etag(KindWithProfile(**row, profile=Profile(**shown) if shown else None), row["version"])


@router.put("/kinds/{code}", operation_id="update_kind", summary="Rename a kind of list", response_model=Kind)
async def update_kind(tx: Unit, staff: Staff, code: KindCode, body: KindChange, if_match: IfMatch = None) -> Response:
    """Title and description of a custom kind."""
    row = await service.get(tx.connection, code, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, body)
    return with_etag(Kind(**changed), changed["version"])


@router.get(
    "/kinds/{code}/profiles",
    operation_id="list_profiles",
    summary="Versions of a kind's profile",
    dependencies=[ONE_PAGE],
)
async def list_profiles(
    tx: Unit, staff: Staff, code: KindCode, item_type: Annotated[str | None, Query(pattern=r"^[0-9]{2}$")] = None
) -> Page[Profile]:
    """All profiles of a kind, oldest first."""
    await service.get(tx.connection, code)
    rows = await repository.profiles(tx.connection, [code])
    return Page(items=[Profile(**row) for row in rows if item_type in (None, row["item_type"])])


@router.post("/kinds/{code}/profiles", operation_id="create_profile", summary="Add a version of a profile",
             status_code=201, response_model=Profile)  # fmt: skip
async def create_profile(tx: Unit, staff: Staff, code: KindCode, body: NewProfile) -> Response:
    """The next profile of a kind, for an item type or a region where one is given."""
    row = await service.add_profile(tx, staff, code, body)
    return created(f"/catalog/v1/kinds/{code}/profiles/{row['number']}", Profile(**row))


@router.get("/kinds/{code}/profiles/{number}", operation_id="get_profile", summary="One version of a profile")
async def get_profile(tx: Unit, staff: Staff, code: KindCode, number: Number) -> Profile:
    """One profile."""
    row = await repository.profile(tx.connection, code, number)
    if row is None:
        raise problems.NotFound("没有这个版本的要素表。", code="profile_not_found")
    return Profile(**row)


@router.post(
    "/kinds/{code}/profiles/{number}/adopt",
    operation_id="adopt_profile",
    summary="Let a region use a profile, e.g. a named one",
    status_code=201,
    response_model=Profile,
)
async def adopt_profile(tx: Unit, staff: Staff, code: KindCode, number: Number, body: Adoption) -> Response:
    """The elements of a profile as the next one of its kind, for a region from a day on; how profiles are switched."""
    row = await service.adopt(tx, staff, code, number, body)
    return created(f"/catalog/v1/kinds/{code}/profiles/{row['number']}", Profile(**row))
