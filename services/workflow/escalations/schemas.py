"""API models of escalation."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["compiler", "principal", "reviewer", "joint_reviewer", "legality_reviewer", "decider", "list_authority"]


class EscalationStep(BaseModel):
    """From a role to the next."""

    model_config = ConfigDict(extra="forbid")

    role: Role = Field(examples=["reviewer"])
    to: Role = Field(examples=["decider"])
    after_working_days: int = Field(
        ge=0, le=60, description="Since the task is late, or since it rose to the role", examples=[3]
    )


class Ladder(BaseModel):
    """To whom what is late goes next; a role without a step is the last."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"steps": [{"role": "reviewer", "to": "decider", "after_working_days": 3}]}},
    )

    steps: list[EscalationStep] = Field(max_length=20)

    @model_validator(mode="after")
    def _each_once(self) -> Ladder:
        roles = [step.role for step in self.steps]
        if len(set(roles)) < len(roles):
            raise ValueError("每个角色只能有一个上报对象")
        return self
