"""Who gets a token: one answer for every kind of refusal, each attempt in the audit, a lock against guessing."""

from __future__ import annotations

from uuid import UUID

from services.catalog.accounts.rules import is_locked, lock_after
from services.catalog.clients import repository, rules
from services.catalog.clients.token_request import Credentials, TokenRefused, TokenRequest
from services.catalog.records import Record
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction

# What of a made-up client id is noted in the audit.
_NOTED = 63


async def authorise(tx: Transaction, request: TokenRequest) -> Principal:
    """The client behind a request, with the scopes its token is to carry.

    Raises
    ------
    TokenRefused
        invalid_client, invalid_scope. The count of failures and the audit are to be kept: the caller commits.
    """
    row = await _authenticated(tx, request.credentials)
    tx.actor = f"client:{row['id']}"
    scopes = rules.granted(row["scopes"], request.scopes)
    if scopes is None:
        await _audit(tx, "refused", str(row["id"]), why="scope_not_registered")
        raise TokenRefused("invalid_scope", "the client is not registered for a scope it asks for")
    await _audit(tx, "accepted", str(row["id"]), scope=" ".join(sorted(scopes)))
    name, organ_id = row["name"], row["organ_id"]
    return Principal(row["id"], str(row["id"]), name, organ_id, grants=(), client=True, scopes=scopes)


async def _authenticated(tx: Transaction, shown: Credentials) -> Record:
    client_id = _as_id(shown.client_id)
    row = await repository.get(tx.connection, client_id) if client_id else None
    if row is None:
        raise await _refused(tx, shown, "unknown_client")
    if is_locked(row["locked_until"], tx.now):
        raise await _refused(tx, shown, "locked")
    secret = rules.matching(await repository.secrets(tx.connection, row["id"]), shown.secret)
    if secret is None:
        raise await _guessed(tx, row, shown)
    if not secret.is_good(tx.now):
        # No guess: one of the client's machines has not got the new secret yet. It must not lock the others out.
        raise await _refused(tx, shown, "ended_secret")
    if not row["active"]:
        raise await _refused(tx, shown, "inactive")
    if row["failed_attempts"] or row["locked_until"]:
        await repository.set_failures(tx.connection, row["id"], 0, None)
    await repository.note_use(tx.connection, secret.id, tx.now)
    return row


async def _guessed(tx: Transaction, row: Record, shown: Credentials) -> TokenRefused:
    until = lock_after(await repository.count_failure(tx.connection, row["id"]), tx.now)
    if until is not None:
        await repository.set_failures(tx.connection, row["id"], 0, until)
    return await _refused(tx, shown, "wrong_secret" if until is None else "locked_now")


async def _refused(tx: Transaction, shown: Credentials, why: str) -> TokenRefused:
    await _audit(tx, "refused", shown.client_id[:_NOTED].replace("\0", ""), why=why)
    return TokenRefused("invalid_client", "unknown client, wrong or ended secret, or client locked or not active")


async def _audit(tx: Transaction, outcome: str, client: str, **detail: str) -> None:
    await tx.audit("catalog:client:token", outcome, {"client": client, **detail})


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
