"""Models of publications."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.publish.lists.schemas import HASH
from services.publish.subscriptions.schemas import Strict

ALGORITHM = "sha256-publication"
NUMBER = "440100000000-2026-0012"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Notice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=5_000, pattern=r"^[^\x00]*$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,60}$")]
Link = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s\x00]+$")]


class Part(BaseModel):
    """A list in the revision that was published."""

    list_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440100000000"])
    title: str = Field(description="As the list was called then", examples=["广州市行政许可事项清单"])
    revision: int = Field(examples=[12])
    hash: str = Field(description="Of the revision", examples=[HASH])
    entries: int = Field(examples=[510])
    purged: int = Field(description="Entries that left public reading since", examples=[0])
    effective_at: AwareDatetime
    editions: list[str] = Field(description="Names that pin this revision", examples=[["2026版"]])
    superseded_by: str | None = Field(description="Publication of the list's next revision", examples=[None])


class DecisionReference(BaseModel):
    """What was decided, where it can be found."""

    number: str | None = Field(description="文号", examples=["穗府〔2026〕1号"])
    authority: str | None = Field(description="The authority that decided", examples=["广州市人民政府"])
    meeting: str | None = Field(examples=["市政府第12次常务会议"])
    date: dt.date | None
    link: str | None = Field(description="Where the document is published", examples=["https://www.gz.gov.cn/doc/1"])


class Approval(BaseModel):
    """A step that was passed before the publication: organ and role, never a person."""

    step: str = Field(examples=["合法性审查"])
    act: str = Field(description="compile, sign, review, legality, confirm, assess, hear, consult, comment, report"
                                 " or decide", examples=["legality"])  # fmt: skip
    role: str = Field(examples=["legality"])
    organ: str | None = Field(description="The organ that acted, or its region", examples=["广州市司法局"])
    at: AwareDatetime | None


class PublicationNotice(BaseModel):
    """What was said of a publication afterwards."""

    kind: Literal["correction", "withdrawal"]
    kind_title: str = Field(examples=["更正"])
    text: str = Field(examples=["原公布清单第3项的设定依据有误，已予更正。"])
    number: str | None = Field(description="The publication that puts right or takes back", examples=[NUMBER])
    decision: DecisionReference | None
    state: Literal["waiting", "done", "refused"]
    refusal: str | None = Field(description="Why a withdrawal could not be carried out")
    given_at: AwareDatetime


class Corrected(BaseModel):
    """A publication this one puts right."""

    number: str = Field(examples=["440100000000-2026-0011"])
    text: str = Field(examples=["原公布清单第3项的设定依据有误，已予更正。"])


class Publication(BaseModel):
    """An act of publication over one or several lists; it and what it published never change."""

    number: str = Field(examples=[NUMBER])
    region_code: str = Field(examples=["440100000000"])
    region_name: str = Field(examples=["广州市"])
    kind: Literal["enactment", "adjustment", "correction", "withdrawal", "update"]
    kind_title: str = Field(examples=["动态调整公布"])
    title: str = Field(examples=["《广州市行政许可事项清单》等3项清单动态调整公布"])
    state: Literal["current", "superseded", "withdrawing", "withdrawn"] = Field(
        description="current while one of its lists still shows the revision it published"
    )
    state_title: str = Field(examples=["现行"])
    algorithm: str = Field(examples=[ALGORITHM])
    hash: str = Field(description="Over its parts: docs/publication-hash.md", examples=[HASH])
    made_at: AwareDatetime
    effective_at: AwareDatetime = Field(description="Of its parts the last")
    adjustments: list[UUID] = Field(description="Adjustments it goes back to")
    parts: list[Part]
    decisions: list[DecisionReference]
    approvals: list[Approval]
    notices: list[PublicationNotice] = Field(description="What was said of it afterwards: corrections, its withdrawal")
    corrects: list[Corrected] = Field(description="Publications it puts right")
    withdraws: str | None = Field(description="The publication it takes back", examples=[None])


class Correction(Strict):
    """更正: a later publication puts this one right."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"corrected_by": NUMBER, "notice": "原公布清单第3项的设定依据有误，已予更正。"}},
    )

    corrected_by: Number = Field(description="Number of the later publication")
    notice: Notice = Field(description="What the public reads at both")
    reason: Line | None = None
    legal_basis: Line | None = None


class WithdrawalDecision(Strict):
    """The decision that takes a publication back."""

    number: Line = Field(examples=["穗府〔2026〕9号"])
    authority: Line | None = Field(default=None, examples=["广州市人民政府"])
    meeting: Line | None = Field(default=None, examples=["市政府第13次常务会议"])
    date: dt.date
    link: Link | None = None


class Withdrawal(Strict):
    """撤回: a decision takes the publication back; its lists go back to what stood before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "decision": {"number": "穗府〔2026〕9号", "authority": "广州市人民政府", "date": "2026-11-20"},
                "notice": "因前置评估未完成，决定撤回本次公布，恢复原清单内容。",
                "reason": "程序未完成",
            }
        },
    )

    decision: WithdrawalDecision
    notice: Notice = Field(description="What the public reads")
    reason: Line
    legal_basis: Line | None = None
