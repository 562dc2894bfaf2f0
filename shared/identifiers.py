"""Row identifiers: one function, so that every table gets the same kind."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), a plain ``uuid.UUID``.

    Version 7 begins with the time in milliseconds: new rows go to the right-hand end of the primary key's B-tree
    instead of to random pages, which keeps bulk loads and the write-ahead log small. The order is a convenience:
    what happened before what is said by the ledger position, never by an id. An id shows when its row was made,
    so do not use one as a secret.
    """
    return uuid7()
