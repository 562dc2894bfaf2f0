"""Models of the handling records API."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from services.workflow.fields import CountedInstant, Line, Storable, Title
from services.workflow.handling.rules import Handled
from shared.http import messages

# A batch is one transaction: 500 records take well below a second on two cores.
MOST_RECORDS = 500
_MOST_ROWS = 100

Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Storable]
ItemCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z]{12,40}$")]
PersonId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Storable]
CreditCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z]{18}$")]
Outcome = Literal["granted", "refused", "withdrawn", "ended"]
State = Literal["open", "paused", "completed"]
Standing = Literal["unlisted", "not_yet", "in_use", "suspended", "cancelled", "replaced"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(_Strict):
    """Somebody who answers for a record: a number of the platform's and a role, no name."""

    person_id: PersonId = Field(examples=["HB0317"])
    role: Title = Field(examples=["分管负责人"])


class Responsible(_Strict):
    """Who was in charge and who handled it; shown only to those who supervise."""

    leader: Person | None = None
    handler: Person | None = None


class Fee(_Strict):
    """A fee that was charged."""

    name: Title = Field(examples=["工本费"])
    amount: Decimal = Field(ge=0, max_digits=14, decimal_places=2, description="Yuan", examples=["10.00"])


class Waiting(_Strict):
    """A time that the limit does not count (特殊环节)."""

    began: CountedInstant
    ended: CountedInstant | None = Field(default=None, description="Empty while it goes on")
    reason: Line = Field(examples=["专家评审"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ended is not None and self.ended < self.began:
            raise ValueError("暂停的结束时间不能早于开始时间")
        return self


class NewHandlingRecord(_Strict):
    """A handling record as it stands at the platform; told again, with a higher revision, whenever it changes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "number": "QX20260305000123",
                "revision": 1,
                "organ_credit_code": "11130922000012345X",
                "code": "11130922000012345X4000116001000",
                "name": "建设项目环境影响报告表审批",
                "accepted_at": "2026-03-05T10:00:00+08:00",
                "materials": ["申请表"],
                "fees": [],
                "responsible": {"leader": {"person_id": "HB0001", "role": "分管负责人"}},
            }
        },
    )

    number: Number = Field(description="The platform's number of the record")
    revision: int = Field(ge=1, le=2**62, description="Counts what the platform has told of the record")
    organ_credit_code: CreditCode = Field(description="The organ that handles it")
    code: ItemCode = Field(description="Implementation code (31 or 33), or base code (12 or 14)")
    name: Title
    accepted_at: CountedInstant
    completed_at: CountedInstant | None = None
    outcome: Outcome | None = None
    pauses: list[Waiting] = Field(default=[], max_length=20)
    materials: list[Title] = Field(default=[], max_length=_MOST_ROWS, description="Names of what was asked for")
    fees: list[Fee] = Field(default=[], max_length=_MOST_ROWS)
    responsible: Responsible = Responsible()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.completed_at is not None and self.completed_at < self.accepted_at:
            raise ValueError("办结时间不能早于受理时间")
        if (self.outcome is None) != (self.completed_at is None):
            raise ValueError("办结的须同时填写办结时间和办理结果，未办结的均不填写")
        # Instants with and without a fraction or another offset compare as instants.
        ends: datetime = self.accepted_at
        for pause in self.pauses:
            if pause.began < ends:
                raise ValueError("暂停须按时间先后排列，不得重叠或早于受理时间")
            if self.completed_at is not None and pause.began > self.completed_at:
                raise ValueError("暂停不能在办结之后开始")
            ends = pause.ended or datetime.max.replace(tzinfo=pause.began.tzinfo)
        return self

    def digest(self) -> bytes:
        """SHA-256 of what is told, but for its revision: two rows with the same digest tell the same."""
        told = self.model_dump(mode="json", exclude={"revision"})
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()

    def handled(self) -> Handled:
        """As the rules take it."""
        return Handled(
            accepted_at=self.accepted_at,
            completed_at=self.completed_at,
            pauses=[(pause.began, pause.ended) for pause in self.pauses],
            materials=self.materials,
            fees=[(fee.name, fee.amount) for fee in self.fees],
        )


class Wrong(BaseModel):
    """One place in a row that is wrong."""

    pointer: str = Field(examples=["/accepted_at"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["必填"])


class BadRow(BaseModel):
    """A row that cannot be read; the others are taken all the same."""

    number: str | None = None
    errors: list[Wrong]


def row_or_errors(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """A row of a batch, or what is wrong with it: one bad row never rejects the others."""
    try:
        return handler(value)
    except ValidationError as error:
        number = value.get("number") if isinstance(value, dict) else None
        wrong = [
            Wrong(
                pointer="".join(f"/{part}" for part in each["loc"]),
                code=each["type"],
                message=messages.message(each["type"], each.get("ctx") or {}),
            )
            for each in error.errors(include_url=False, include_input=False)
        ]
        return BadRow(number=number[:64] if isinstance(number, str) else None, errors=wrong)


class HandlingBatch(_Strict):
    """Handling records, in any order."""

    records: list[Annotated[NewHandlingRecord, WrapValidator(row_or_errors)]] = Field(
        min_length=1, max_length=MOST_RECORDS
    )


class Taken(BaseModel):
    """What became of one row."""

    number: str | None = Field(examples=["QX20260305000123"])
    state: Literal["taken", "unchanged", "refused"] = Field(
        description="unchanged: this revision, or a later one, is here already"
    )
    id: UUID | None = None
    standing: Standing | None = Field(default=None, description="What the code was when the application was accepted")
    due_at: datetime | None = None
    violations: list[str] = Field(default=[], examples=[["extra_material"]])
    errors: list[Wrong] = []


class BatchTaken(BaseModel):
    """What became of a batch, row by row in the order given."""

    items: list[Taken]
    taken: int
    unchanged: int
    refused: int
    violations: int


class Warned(BaseModel):
    """A warning of a limit."""

    grade: str = Field(examples=["share_80"])
    at: datetime
    told_at: datetime | None


class HandlingRecord(BaseModel):
    """A handling record with its limits."""

    id: UUID
    client_id: UUID
    number: str
    revision: int
    region_code: str
    organ_id: UUID
    code: str
    name: str
    standing: Standing
    list_id: UUID | None
    item_id: UUID | None
    item_version: int | None
    accepted_at: datetime
    completed_at: datetime | None
    outcome: Outcome | None
    pauses: list[dict[str, Any]]
    materials: list[str]
    fees: list[dict[str, Any]]
    state: State
    due_at: datetime | None
    statutory_due_at: datetime | None
    provisional: bool
    warnings: list[Warned]
    warned: str | None = Field(description="The grade told last", examples=["share_80"])
    received_at: datetime
    updated_at: datetime
    responsible: Responsible | None = Field(description="Only for those who supervise")


class Transition(BaseModel):
    """The entry has changed while the record was running: what holds for it."""

    version: int = Field(description="The version that follows the one in force at acceptance", examples=[2])
    effective_from: datetime
    operation: str = Field(examples=["cancel"])
    rule: str = Field(examples=["生效前已受理的办件，按受理时有效的版本办结。"])


class RunningRecord(HandlingRecord):
    """A handling record as it is read alone."""

    transition: Transition | None = Field(description="Empty where the entry did not change before the record was done")
