"""HTTP of service clients, as administrators look after them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog.clients import repository, service
from services.catalog.clients.schemas import (
    Client,
    ClientChange,
    ClientWithSecrets,
    NewClient,
    NewSecret,
    RegisteredClient,
    Rotation,
    Scopes,
    ScopeTitle,
    ShownSecret,
)
from services.catalog.fields import Grounds, Search
from services.catalog.records import Record, after_id
from shared.http.etag import IfMatch, created_with_secret, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.identity.scopes import SCOPES

router = transactional_router(prefix="/catalog/v1", tags=["service clients"])

ClientId = Annotated[
    UUID, Path(description="Client (its client_id)", examples=["0197f3a0-0000-7000-8000-000000000031"])
]
SecretId = Annotated[UUID, Path(description="Secret", examples=["0197f3a0-0000-7000-8000-000000000032"])]


@router.get("/scopes", operation_id="list_scopes", summary="What service clients may be allowed to do")
async def list_scopes(_: Staff) -> Scopes:
    """All scopes with the terms people read."""
    return Scopes(items=[ScopeTitle(scope=scope, title=title) for scope, title in SCOPES.items()])


@router.get("/clients", operation_id="list_clients", summary="Service clients")
async def list_clients(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    organ: Annotated[UUID | None, Query(description="Of this organ")] = None,
    active: bool | None = None,
    q: Search = None,
) -> Page[Client]:  # fmt: skip
    """Clients of the regions one administers, in the order they were registered."""
    rows = await repository.search(
        tx.connection, filters={"organ_id": organ, "active": active}, query=q,
        within=service.administered(staff), after=after_id(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([Client(**row) for row in rows], limit, lambda one: [one.id])


@router.post("/clients", operation_id="register_client", summary="Register a service client", status_code=201,
             response_model=RegisteredClient)  # fmt: skip
async def register_client(tx: Unit, staff: Staff, body: NewClient) -> Response:
    """Register a system; the answer shows its secret once."""
    row, secret = await service.register(tx, staff, body)
    shown = RegisteredClient(**row, client_id=row["id"], client_secret=secret.text)
    return created_with_secret(f"/catalog/v1/clients/{row['id']}", shown, "client_secret", row["version"])


@router.get("/clients/{client_id}", operation_id="get_client", summary="One service client with its secrets' dates",
            response_model=ClientWithSecrets)  # fmt: skip
async def get_client(tx: Unit, staff: Staff, client_id: ClientId) -> Response:
    """One client; when each of its secrets ends and was last used, never the secrets."""
    return await _whole(tx, await service.get(tx, staff, client_id))


@router.put("/clients/{client_id}", operation_id="update_client", summary="Change a service client",
            response_model=ClientWithSecrets)  # fmt: skip
async def update_client(
    tx: Unit, staff: Staff, client_id: ClientId, body: ClientChange, if_match: IfMatch = None
) -> Response:
    """Name, owner, region, scopes, contact; tokens issued before end within minutes."""
    row = await service.get(tx, staff, client_id, lock=True)
    require_match(if_match, row["version"])
    return await _whole(tx, await service.change(tx, staff, row, body))


@router.post("/clients/{client_id}/secrets", operation_id="rotate_client_secret", summary="A new secret",
             status_code=201, response_model=NewSecret)  # fmt: skip
async def rotate_client_secret(tx: Unit, staff: Staff, client_id: ClientId, body: Rotation) -> Response:
    """Make a new secret, shown once; the present one stays good for the overlap."""
    row = await service.get(tx, staff, client_id, lock=True)
    made = await service.rotate(tx, row, body)
    shown = NewSecret(id=made.id, client_id=row["id"], client_secret=made.text,
                      previous_valid_until=made.previous_valid_until)  # fmt: skip
    return created_with_secret(f"/catalog/v1/clients/{client_id}/secrets/{made.id}", shown, "client_secret")


@router.delete("/clients/{client_id}/secrets/{secret_id}", operation_id="end_client_secret",
               summary="End a secret at once", status_code=204)  # fmt: skip
async def end_client_secret(tx: Unit, staff: Staff, client_id: ClientId, secret_id: SecretId) -> Response:
    """End a secret before its time, e.g. because it has leaked."""
    row = await service.get(tx, staff, client_id, lock=True)
    await service.end_secret(tx, row, secret_id)
    return Response(status_code=204)


@router.post("/clients/{client_id}/deactivate", operation_id="deactivate_client", summary="Shut a service client out",
             response_model=ClientWithSecrets)  # fmt: skip
async def deactivate_client(tx: Unit, staff: Staff, client_id: ClientId, body: Grounds) -> Response:
    """No more tokens; those issued before end within minutes."""
    row = await service.get(tx, staff, client_id, lock=True)
    return await _whole(tx, await service.set_active(tx, row, body, active=False))


@router.post("/clients/{client_id}/activate", operation_id="activate_client", summary="Let a service client in again",
             response_model=ClientWithSecrets)  # fmt: skip
async def activate_client(tx: Unit, staff: Staff, client_id: ClientId, body: Grounds) -> Response:
    """Tokens again; a lock against guessing is lifted."""
    row = await service.get(tx, staff, client_id, lock=True)
    return await _whole(tx, await service.set_active(tx, row, body, active=True))


async def _whole(tx: Unit, row: Record) -> Response:
    secrets = [ShownSecret(**secret) for secret in await repository.shown_secrets(tx.connection, row["id"])]
    return with_etag(ClientWithSecrets(**row, secrets=secrets), row["version"])
