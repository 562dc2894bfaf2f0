"""Who is acting: a signed-in person with roles, or a service client with scopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared import problems
from shared.identity.scopes import SCOPES

ROLES = (
    "administrator",  # register, accounts, list kinds, rule sets
    "compiler",  # compiles the items of an organ
    "principal",  # signs for an organ (部门主要负责人)
    "reviewer",  # reviews for a region (审改办)
    "joint_reviewer",  # gives an organ's opinion on what others compiled (会审)
    "legality_reviewer",  # legality review for a region (法制办)
    "assessor",  # organises public comment, assessment and hearings
    "decider",  # decides for a region (政府)
    "list_authority",  # leads lists: accepts drafts, waives findings, imports
    "coordination_group",  # runs campaigns of a region and receives what is reported (“放管服”组)
    "auditor",  # reads everything in a region
)

TITLES = {
    "administrator": "系统管理员",
    "compiler": "编制人员",
    "principal": "部门主要负责人",
    "reviewer": "审改办审核人员",
    "joint_reviewer": "会审部门审核人员",
    "legality_reviewer": "合法性审查人员",
    "assessor": "征求意见和评估论证组织人员",
    "decider": "政府审定人员",
    "list_authority": "清单牵头单位",
    "coordination_group": "统筹协调组",
    "auditor": "监督人员",
}


@dataclass(frozen=True)
class Grant:
    """A role in a region and everything below it; with an organ, for that organ alone."""

    role: str
    region_code: str
    organ_id: UUID | None = None


@dataclass(frozen=True)
class Principal:
    """A signed-in account, or a service client: a system that acts for itself.

    Attributes
    ----------
    account_id
        The account, or the service client.
    login
        The account's login, or the client's id as text.
    grants
        Roles of a person; a service client has none.
    client
        True for a service client.
    scopes
        What a service client's token allows (`shared.identity.scopes`); a person has none.
    """

    account_id: UUID
    login: str
    name: str
    organ_id: UUID | None
    grants: tuple[Grant, ...]
    client: bool = False
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> str:
        """How this person or client appears in events and audit."""
        return f"{'client' if self.client else 'account'}:{self.account_id}"

    def holds(self, role: str, *, region: Sequence[str], organ_id: UUID | None = None) -> bool:
        """True when a grant of the role covers the place.

        Parameters
        ----------
        region
            The place's code and those of all regions above it.
        organ_id
            The organ it is about; a grant limited to an organ counts only for that one.
        """
        return any(
            grant.role == role
            and grant.region_code in region
            and (grant.organ_id is None or grant.organ_id == organ_id)
            for grant in self.grants
        )

    def require(
        self, role: str, *, region: Sequence[str], organ_id: UUID | None = None, detail: str | None = None
    ) -> None:
        """Refuse unless the role is held.

        Raises
        ------
        problems.Forbidden
            Names the role that is missing and where.
        """
        if not self.holds(role, region=region, organ_id=organ_id):
            place = region[0] if region else "-"
            raise problems.Forbidden(
                detail or f"该操作需要“{TITLES.get(role, role)}”角色（区划 {place}），当前账号没有此角色。",
                extra={"role": role, "region": place},
            )

    def require_scope(self, scope: str, *wider: str) -> None:
        """Refuse unless the token carries the scope or a wider one. People have roles: for them ask `require`.

        Raises
        ------
        problems.Forbidden
            Code `insufficient_scope`, with the challenge of RFC 6750 section 3.1.
        """
        if not self.scopes & {scope, *wider}:
            raise problems.Forbidden(
                f"该操作需要“{SCOPES.get(scope, scope)}”权限（scope={scope}），当前凭证没有此权限；"
                "请申请开通，或在获取凭证时请求该权限。",
                code="insufficient_scope",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
                extra={"scope": scope},
            )
