"""HTTP of sign-in and accounts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from services.catalog.accounts import repository, service
from services.catalog.accounts.schemas import (
    Account,
    AccountChange,
    AccountWithRoles,
    GrantedRole,
    NewAccount,
    NewGrant,
    NewPassword,
    OwnPassword,
    SignIn,
    Token,
)
from services.catalog.accounts.sign_in import sign_in
from services.catalog.fields import Search
from services.catalog.records import Record
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.identity.tokens import TokenIssuer

router = transactional_router(prefix="/catalog/v1", tags=["accounts"])

AccountId = Annotated[UUID, Path(description="Account", examples=["0197f3a0-0000-7000-8000-000000000007"])]


@router.post("/tokens", operation_id="sign_in", summary="Sign in")
async def create_token(request: Request, tx: Unit, body: SignIn) -> Token:
    """Sign in with login and password; the token is good for some minutes."""
    issuer: TokenIssuer = request.app.state.issuer
    principal = await sign_in(tx, body.login, body.password.get_secret_value())
    return Token(access_token=issuer.issue(principal), expires_in=issuer.minutes * 60)


@router.get("/accounts", operation_id="list_accounts", summary="Accounts")
async def list_accounts(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    organ: Annotated[UUID | None, Query(description="Of this organ")] = None,
    active: bool | None = None,
    q: Search = None,
) -> Page[Account]:  # fmt: skip
    """Accounts by login; administrators only."""
    service.require_any_administrator(staff)
    rows = await repository.search(
        tx.connection, filters={"organ_id": organ, "active": active}, query=q,
        after=str(decode_cursor(cursor, 1)[0]) if cursor else None, limit=limit + 1,
    )  # fmt: skip
    return page_of([Account(**row) for row in rows], limit, lambda one: [one.login])


@router.post("/accounts", operation_id="create_account", summary="Open an account", status_code=201,
             response_model=AccountWithRoles)  # fmt: skip
async def create_account(tx: Unit, staff: Staff, body: NewAccount) -> Response:
    """Open an account for one person, with roles."""
    row = await service.add(tx, staff, body)
    return created(f"/catalog/v1/accounts/{row['id']}", await _whole(tx, row), row["version"])


@router.get(
    "/accounts/me", operation_id="get_own_account", summary="One's own account", response_model=AccountWithRoles
)
async def get_own_account(tx: Unit, staff: Staff) -> Response:
    """The account of whoever asks."""
    row = await service.get(tx.connection, staff.account_id)
    return with_etag(await _whole(tx, row), row["version"])


@router.put(
    "/accounts/me/password", operation_id="change_own_password", summary="Change one's own password", status_code=204
)
async def change_own_password(tx: Unit, staff: Staff, body: OwnPassword) -> Response:
    """Change the own password; the present one must be given."""
    await service.change_own_password(tx, staff, body)
    return Response(status_code=204)


@router.get("/accounts/{account_id}", operation_id="get_account", summary="One account with its roles",
            response_model=AccountWithRoles)  # fmt: skip
async def get_account(tx: Unit, staff: Staff, account_id: AccountId) -> Response:
    """One account; administrators only."""
    service.require_any_administrator(staff)
    row = await service.get(tx.connection, account_id)
    return with_etag(await _whole(tx, row), row["version"])


@router.put("/accounts/{account_id}", operation_id="update_account", summary="Change or disable an account",
            response_model=AccountWithRoles)  # fmt: skip
async def update_account(
    tx: Unit, staff: Staff, account_id: AccountId, body: AccountChange, if_match: IfMatch = None
) -> Response:
    """Name, organ, and whether the account is open."""
    service.require_any_administrator(staff)
    row = await service.get(tx.connection, account_id, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, body)
    return with_etag(await _whole(tx, changed), changed["version"])


@router.post(
    "/accounts/{account_id}/password", operation_id="set_password", summary="Reset a password", status_code=204
)
async def set_password(tx: Unit, staff: Staff, account_id: AccountId, body: NewPassword) -> Response:
    """Set somebody's password and lift the lock."""
    service.require_any_administrator(staff)
    row = await service.get(tx.connection, account_id, lock=True)
    await service.set_password(tx, staff, row, body)
    return Response(status_code=204)


@router.post("/accounts/{account_id}/roles", operation_id="grant_role", summary="Grant a role", status_code=201,
             response_model=GrantedRole)  # fmt: skip
async def grant_role(tx: Unit, staff: Staff, account_id: AccountId, body: NewGrant) -> Response:
    """Grant a role in a region, for one organ where it is given."""
    service.require_any_administrator(staff)
    row = await service.get(tx.connection, account_id, lock=True)
    added = await service.grant(tx, staff, row, body)
    return created(f"/catalog/v1/accounts/{account_id}/roles/{added['id']}", GrantedRole(**added))


@router.delete("/accounts/{account_id}/roles/{role_id}", operation_id="withdraw_role", summary="Withdraw a role",
               status_code=204)  # fmt: skip
async def withdraw_role(
    tx: Unit,
    staff: Staff,
    account_id: AccountId,
    role_id: Annotated[UUID, Path(description="Role to take away", examples=["0197f3a0-0000-7000-8000-000000000008"])],
) -> Response:
    """Take a role away; tokens issued before end within minutes."""
    service.require_any_administrator(staff)
    row = await service.get(tx.connection, account_id, lock=True)
    await service.withdraw(tx, staff, row, role_id)
    return Response(status_code=204)


async def _whole(tx: Unit, row: Record) -> AccountWithRoles:
    roles = [GrantedRole(**role) for role in await repository.roles(tx.connection, row["id"])]
    return AccountWithRoles(**row, roles=roles)
