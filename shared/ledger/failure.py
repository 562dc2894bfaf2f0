"""Which errors poison a batch, and which only mean: try again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, StatementError

from shared import problems

# 22: data exception, 23: integrity constraint. Everything else - serialisation, deadlock, lock, shutdown, resources,
# connection - is the system's state and passes.
_DATA_CLASSES = ("22", "23")


@dataclass(frozen=True)
class Failure:
    """A data error, told so that an operator can act on it."""

    code: str
    message: str
    remedy: str


def data_failure(error: BaseException) -> Failure | None:
    """The failure when `error` is caused by the data itself; None when it should simply be tried again."""
    if isinstance(error, problems.Unavailable):  # the name says it: something else has to be there first
        return None
    if isinstance(error, problems.Problem):
        return Failure(error.code, error.detail, "Correct the entry the message names, then release the parked item.")
    state = sql_state(error)
    if state and state[:2] in _DATA_CLASSES:
        return Failure(
            state,
            str(getattr(error, "orig", error)).splitlines()[0][:500],
            "Look at the item's last versions for the value named, correct it by an adjustment, then release it.",
        )
    # A value that cannot even be sent (a lone surrogate in jsonb) arrives wrapped, without having met the database.
    unsendable = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    cause = error.orig if isinstance(error, StatementError) and unsendable else error
    if isinstance(cause, (ValueError, TypeError, LookupError)) and not isinstance(cause, DBAPIError):
        return Failure(
            type(cause).__name__,
            str(cause)[:500],
            "The event could not be read as expected: look at the log of this time, then release it.",
        )
    return None


def sql_state(error: BaseException) -> str | None:
    """SQLSTATE of a database error, if it has one."""
    origin = getattr(error, "orig", error)
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return str(state) if state else None


def is_passing(error: BaseException) -> bool:
    """True for errors of the surroundings: connection, shutdown, lock, deadlock, resources, a newer program's data."""
    return isinstance(error, (OSError, DBAPIError, problems.Unavailable)) or sql_state(error) is not None
