"""Receipts of submissions, and through whom a subordinate body submits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from shared import problems
from shared.identity.principal import Principal


class Organ(Protocol):
    """An organ as the register knows it, with its region and those above it."""

    @property
    def id(self) -> UUID:
        """Its identifier."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def region_chain(self) -> tuple[str, ...]:
        """Its region, then those above."""

    @property
    def supervising_organ_id(self) -> UUID | None:
        """The department it belongs to, if it is a subordinate body."""


def receipt_number(adjustment_number: str, submission: int) -> str:
    """The number of a receipt: that of the adjustment and which submission it was, `TZ-2026-000017-01`."""
    return f"{adjustment_number}-{submission:02d}"


def department_of(organ: Organ) -> UUID:
    """The organ that answers to the reviewing office: a subordinate body's supervising department (ZL-45, HB-26)."""
    return organ.supervising_organ_id or organ.id


def departments_of(organs: Sequence[UUID], known: Mapping[UUID, Organ]) -> list[UUID]:
    """The departments that sign for organs, in their order; each once."""
    return list(dict.fromkeys(department_of(known[organ]) if organ in known else organ for organ in organs))


def require_submitter(principal: Principal, organ: Organ) -> None:
    """A subordinate body prepares, its supervising department submits.

    Raises
    ------
    problems.Forbidden
        Code `through_department`; names the department's id.
    """
    department = department_of(organ)
    if department != organ.id and not principal.holds("compiler", region=organ.region_chain, organ_id=department):
        raise problems.Forbidden(
            f"“{organ.name}”的事项由其主管部门统一报送，请将本调整交主管部门编制人员提交。",
            code="through_department",
            extra={"department": str(department)},
        )
