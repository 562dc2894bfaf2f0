"""What the exchange asks of a way to a platform, and what may go wrong on it.

PeerFailure              what ends one attempt and is tried again
└── BatchRefused         the platform will not take the batch as it is
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.publish.platform.comparisons.rules import Held
from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.mapping import built_in
from services.publish.platform.rules import Aggregate, Feedback, Verdict
from shared.webhook.addresses import Network


class PeerFailure(Exception):
    """The platform is away, slow, or answers wrongly; the message is Chinese, for the status of the peer.

    `asked` : seconds it wants to be left alone for (Retry-After).
    """

    def __init__(self, message: str, *, asked: float | None = None) -> None:
        super().__init__(message)
        self.asked = asked


class BatchRefused(PeerFailure):
    """The platform refuses the batch as a whole.

    `code` : what a row is rejected with that is refused alone: the status of HTTP, or the state of SQL.
    """

    def __init__(self, message: str, status: int | str) -> None:
        super().__init__(message)
        self.code = f"HTTP{status}" if isinstance(status, int) else status


class Capability(StrEnum):
    """What a platform can be asked for. What a transport does not declare it is never asked for."""

    PUSH = "push"
    FEEDBACK = "feedback"
    CATALOGUE = "catalogue"
    INVENTORY = "inventory"


class Options(BaseModel):
    """What an administrator can set of a transport; each has a model of its own below this one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Address:
    """Where a platform is and how it is spoken to.

    Attributes
    ----------
    source : the platform's name for this installation (DATA_SOURCE).
    credential : file with the secret, read whenever it is needed and kept nowhere.
    timeout : seconds a whole answer may take.
    options : as the transport's model of them has validated them.
    profile : the peer's mapping, for a transport that has to know tables and columns.
    allowed : networks that are not public and may be connected to all the same.
    """

    base_url: str
    source: str
    credential: Path | None
    timeout: float
    options: Options
    profile: Profile = field(default_factory=built_in)
    allowed: Sequence[Network] = ()


@dataclass(frozen=True)
class Batch:
    """Rows that go out together under a number; the same number always stands for the same rows.

    `rows` : as `rules.wire` makes them: TASK_GUID, ROW_GUID, TASK_VERSION, CD_OPERATION, CD_TIME, and unless the
    operation is D, TABLE, ROW {column: text} and CHILDREN {table: [{column: text}]}.
    `undecided` : the platform has said that it has this batch and decides later: what it says of the rows now is its
    decision. Before that, it is about rows of another batch.
    """

    number: str
    rows: Sequence[Mapping[str, Any]]
    undecided: bool = False

    @property
    def row_guids(self) -> list[str]:
        """What verdicts name."""
        return [row["ROW_GUID"] for row in self.rows]


@dataclass(frozen=True)
class Answer:
    """Verdicts on a batch; rows without one are sent again in another batch.

    `pending` : the platform has the batch and has not decided yet: it stays open and is sent again, under its number,
    after so many seconds. `verdicts` is empty then.
    """

    verdicts: Sequence[Verdict] = ()
    pending: float | None = None


@dataclass(frozen=True)
class FeedbackPage:
    """Messages of quality control and the cursor behind them; an equal cursor: there is no more."""

    messages: Sequence[Feedback]
    cursor: str


@dataclass(frozen=True)
class CataloguePage:
    """Entries of the platform's own catalogue and the cursor behind them; an equal cursor: there is no more."""

    entries: Sequence[Aggregate]
    cursor: str


@dataclass(frozen=True)
class InventoryPage:
    """What the platform holds of ours, in order of TASK_GUID; an empty cursor ends it.

    `last_batch` : the highest number it has taken, where it tells.
    """

    held: list[Held]
    cursor: str = ""
    last_batch: str | None = None


class Transport:
    """A way to one platform, open while its context is.

    Every method may raise PeerFailure (also when the other side cannot be reached) or `rules.BadAnswer` (it answers,
    but not as its contract says). What is not declared in `capabilities` says that there is nothing.
    """

    capabilities: frozenset[Capability]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of connections."""

    async def send(self, batch: Batch) -> Answer:
        """Send a batch. The same number again changes nothing there and is answered as it was the first time.

        Raises
        ------
        BatchRefused
            Sending it again would not help, sending less of it may.
        """
        return Answer()

    async def feedback(self, cursor: str) -> FeedbackPage:
        """A page of what quality control said behind the cursor; empty at the beginning."""
        return FeedbackPage((), cursor)

    async def catalogue(self, cursor: str) -> CataloguePage:
        """A page of the platform's own catalogue behind the cursor; empty at the beginning."""
        return CataloguePage((), cursor)

    async def inventory(self, cursor: str) -> InventoryPage:
        """A page of what the platform holds of ours; the cursor is empty at the beginning."""
        return InventoryPage([])
