"""Models of the layer that the core has none for."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.platform.rules import LONGEST_REMARK

# As many rows as a batch has at most.
MOST_VERDICTS = 1_000
_PLAIN = r"^[^\x00]*$"


class RowVerdict(BaseModel):
    """What a platform says of one row."""

    model_config = ConfigDict(extra="ignore")

    ROW_GUID: UUID
    CODE: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_PLAIN)] = Field(
        description="One of the mapping profile's `accepted_codes` (00 unless set); anything else says what is wrong",
        examples=["E03"],
    )
    REMARK: Annotated[str, StringConstraints(max_length=LONGEST_REMARK, pattern=_PLAIN)] = Field(
        default="", examples=["统一社会信用代码校验位错误"]
    )


class Verdicts(BaseModel):
    """Verdicts on rows of a batch."""

    model_config = ConfigDict(extra="ignore")

    CD_BATCH: Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$")] = Field(examples=["2026112200001"])
    rows: list[RowVerdict] = Field(alias="list", min_length=1, max_length=MOST_VERDICTS)


class Taken(BaseModel):
    """How the rows that were named stand now."""

    accepted: int = Field(examples=[498])
    rejected: int = Field(examples=[2])
    unknown: list[UUID] = Field(description="No rows of ours for this platform")


class Changes(BaseModel):
    """What changed behind a number."""

    items: list[dict[str, Any]] = Field(description="CloudEvents, oldest first")
    next: int = Field(description="`since` of the next call", examples=[42])
