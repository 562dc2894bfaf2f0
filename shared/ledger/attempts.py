"""How often an operation is tried, how long it waits in between, and what is told of it when it is given up. Pure."""

from __future__ import annotations

# A row that kills its worker again and again is given up with a clear error instead of looping for ever.
MOST_ATTEMPTS = 5
# What passes takes time to pass: seconds before the next attempt, four times as many after each; some minutes in all.
FIRST_WAIT_SECONDS = 2


def wait_seconds(attempt: int) -> int:
    """Seconds to wait after an attempt, counted from 1, that met a passing error."""
    return int(FIRST_WAIT_SECONDS * 4 ** (attempt - 1))


def told(error: Exception) -> str:
    """What an error is, in a line; of one of the database without the statement and its values."""
    lines = str(getattr(error, "orig", None) or error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:500]}"


def given_up(last: str | None) -> str:
    """Why an operation ends that was tried often enough; `last` is what was told of its last error."""
    said = f"given up after {MOST_ATTEMPTS} attempts"
    return f"{said}; the last error was {last}" if last else said
