"""Models of the API of suspected disguised permits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.documents.schemas import FullText, Title
from services.catalog.fields import RegionText, Strict, Words

Verdict = Literal["disguised", "lawful_filing", "confirmation", "registration", "other"]
Pattern = Literal["disguised", "precondition", "continued"]
State = Literal["open", "judged", "gone"]
NOTICE = "疑似变相许可，须经人工核实后方可作为处理依据。"


class Hit(BaseModel):
    """Where a signal was seen."""

    model_config = ConfigDict(from_attributes=True)

    path: str = Field(description="JSON pointer into the elements, or the paragraph", examples=["/conditions/0"])
    term: str = Field(description="Form term or pattern", examples=["P2"])
    text: str = Field(examples=["经备案后方可从事经营"])


class Signal(BaseModel):
    """A condition that hit, and its weight; M1-M3 speak against."""

    model_config = ConfigDict(from_attributes=True)

    signal: str = Field(examples=["S4"])
    weight: int = Field(examples=[4])
    explanation: str = Field(examples=["经批准后方可从事活动"])
    hits: list[Hit]


class Judgement(BaseModel):
    """What a person said."""

    verdict: Verdict
    reason: str
    actor: str
    recorded_at: datetime


class SuspectRow(BaseModel):
    """A suspected disguised permit."""

    notice: str = Field(default=NOTICE, examples=[NOTICE])
    id: UUID
    subject: Literal["item", "document"]
    item_id: UUID | None
    document_id: UUID | None
    list_id: UUID | None
    list_kind: str | None
    region_code: str
    name: str = Field(examples=["户外经营活动备案"])
    pattern: Pattern
    score: int = Field(description="Orders the queue; means nothing else", examples=[8])
    signals: list[Signal]
    state: State
    verdict: Verdict | None
    reason: str | None
    judged_by: str | None
    judged_at: datetime | None
    complaints: list[str]
    opened_at: datetime
    version: int


class Suspect(SuspectRow):
    """A suspect with everything people have said of it."""

    verdicts: list[Judgement]


class NewScan(Strict):
    """What is to be looked at."""

    region_code: RegionText = Field(description="This region and all below it", examples=["130922"])


class NewVerdict(Strict):
    """What a person says of a suspect."""

    verdict: Verdict = Field(examples=["lawful_filing"])
    reason: Words = Field(examples=["法律规定事后备案，不需批准"])


class NewComplaint(Strict):
    """The complaint that led to a suspect or speaks of it."""

    reference: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100,
                                                pattern=r"^[^\x00]+$")] = Field(
        description="Number or id of the complaint", examples=["12345-2026-000123"]
    )  # fmt: skip


class DraftText(Strict):
    """A document before it is issued."""

    title: Title = Field(examples=["关于规范某行业经营的通知"])
    kind: Literal["normative", "department_rule", "provincial_rule", "local_regulation"] = "normative"
    text: FullText = Field(min_length=1, examples=["企业未经登记的，不得开展经营活动。"])


class Scored(BaseModel):
    """What the scorer says of a text; nothing is stored."""

    notice: str = NOTICE
    suspected: bool
    score: int
    signals: list[Signal]


class Lost(BaseModel):
    """A disguised permit that the scorer no longer finds."""

    suspect_id: UUID | None
    name: str


class Regression(BaseModel):
    """The verdicts replayed."""

    cases: dict[str, int] = Field(description="By verdict, shipped cases among them", examples=[{"disguised": 16}])
    suspected: dict[str, int] = Field(description="Of these the scorer suspects now", examples=[{"disguised": 16}])
    precision: float | None = Field(description="Share of disguised ones among what it suspects")
    lost: list[Lost]
    truncated: bool = Field(description="There are more verdicts than were replayed")
