"""Models of the online report."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.quality.online.rules import Gap, Suitable


class OnlineFigures(BaseModel):
    """Entries in use, counted."""

    entries: int = Field(examples=[40])
    suitable: int = Field(description="That suit being handled online", examples=[30])
    unsuitable: int = Field(description="That say why people have to come", examples=[6])
    unsaid: int = Field(description="That say neither", examples=[4])
    online: int = Field(description="Accepted online at least; all of them suit", examples=[27])
    share: float | None = Field(description="`online` of `suitable`; empty when none suits", examples=[0.9])
    gaps: dict[Gap, int] = Field(examples=[{"not_online": 3, "address_missing": 1, "unsaid": 4}])


class OrganOnline(OnlineFigures):
    """The figures of one implementing body."""

    organ_id: UUID | None = Field(description="Empty: entries that name no implementing body")
    organ_name: str | None = Field(examples=["青县行政审批局"])


class OnlineReport(BaseModel):
    """What suits being handled online against what is (TH-36)."""

    together: OnlineFigures
    items: list[OrganOnline]


class OnlineEntry(BaseModel):
    """What one entry says of being handled online."""

    item_id: UUID
    name: str = Field(examples=["建设工程规划许可证核发"])
    code: str | None = Field(description="Implementation code, else base code", examples=["000115012000"])
    organ_id: UUID | None
    organ_name: str | None = Field(examples=["青县行政审批局"])
    suitable: Suitable
    online: bool
    address: str | None = Field(examples=["https://www.example.gov.cn/apply"])
    visit_reason: str | None = Field(examples=["需现场核验申请人身份"])
    gap: Gap | None
    gap_title: str | None = Field(examples=["适宜网上办理而未实现网上受理"])
