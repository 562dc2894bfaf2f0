"""The procedures the product brings along, and which kinds of adjustment they are bound to. Pure data.

No source text names the numbers of days of all steps: limits are parameters and the templates are not verified. The
chains are those of five local documents and of the rules in domain/spec.md 5.2.
"""

from __future__ import annotations

from typing import Any

from services.workflow.procedures.kinds import KINDS
from services.workflow.procedures.rules import Step, Template
from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unit


def _days(amount: int) -> TimeLimit:
    return TimeLimit(amount, Unit.WORKING_DAY)


def _sign(*, days: int, sealed: bool = False) -> Step:
    return Step(
        code="sign", title="部门编制、负责人签署", act="sign", role="principal", limit=_days(days), next="review",
        sealed=sealed,
    )  # fmt: skip


def _review(title: str, following: str) -> Step:
    # Preset A: the list office gives its opinion, with the legal office, within 15 working days.
    return Step(code="review", title=title, act="review", role="reviewer", limit=_days(15), next=following)


def _legality(*, beside: str | None = None, following: str = "decide") -> Step:
    # 国办发〔2018〕115号: usually 5 to 15 working days.
    return Step(
        code="legality", title="合法性审查", act="legality", role="legality_reviewer", limit=_days(15),
        next=None if beside else following, beside=beside,
    )  # fmt: skip


def _decide(following: str | None = None) -> Step:
    return Step(
        code="decide", title="本级政府审定", act="decide", role="decider", limit=_days(10), next=following
    )  # fmt: skip


def _publish(following: str | None) -> Step:
    # Preset A: within 3 working days of the approval.
    return Step(code="publish", title="公布", act="publish", role="system", limit=_days(3), next=following)


def _file(*recipients: str) -> Step:
    # 30 days after publication, as regulations and rules are reported to be put on record.
    limit = TimeLimit(30, Unit.NATURAL_DAY)
    return Step(code="file", title="报备", act="file", role="reviewer", limit=limit, recipients=recipients)


def _before_decision(code: str, title: str, *, days: int, **more: Any) -> Step:
    limit = TimeLimit(days, Unit.NATURAL_DAY)
    return Step(code=code, title=title, act=code, role="assessor", limit=limit, **more)


# Public comment on major decisions usually lasts 30 days or more; the answers and the summary come on top.
_COMMENT = _before_decision("comment", "公开征求意见", days=60, least_days=30, next="legality")
_ASSESSMENT = _before_decision("assess", "评估论证", days=60, beside="comment")
_HEARING = _before_decision("hear", "听证", days=60, beside="comment", optional=True)
_CONSULTATION = _before_decision("consult", "会商", days=60, beside="comment", optional=True)
# Each department verifies what the reviewing office fed back, under the signature of its head.
_CONFIRMATION = Step(
    code="confirm", title="部门核实确认", act="confirm", role="principal", limit=_days(10), next="decide"
)
_REPORT = Step(
    code="report", title="审定前报送", act="report", role="reviewer", limit=_days(5), next="decide",
    recipients=("上一级审改办",),
)  # fmt: skip

_JOINT = Step(code="joint_review", title="会审", act="review", role="joint_reviewer", limit=_days(15), beside="review")
_UNVERIFIED = "天数为可调参数，待核实"

BUILT_IN: tuple[Template, ...] = (
    Template(
        code="short",
        title="三步程序：部门编制签署、审改办审核、政府审定",
        kinds=KINDS,
        steps=(_sign(days=3), _review("审改办审核", "decide"), _decide()),
        source=f"部门（负责人签署）—审改办—本级政府审定；{_UNVERIFIED}",
    ),
    Template(
        code="with_legality_review",
        title="四步程序：部门编制签署、审改办审核、合法性审查、政府审定",
        kinds=KINDS,
        steps=(_sign(days=3), _review("审改办审核", "legality"), _legality(), _decide()),
        source=f"部门（负责人签署）—审改办—法制机构合法性审查—本级政府审定；{_UNVERIFIED}",
    ),
    Template(
        code="full",
        title="完整程序：签署（附印章凭证）、审改办会同有关部门审核、合法性审查、政府审定、公布、报备",
        kinds=KINDS,
        steps=(
            _sign(days=10, sealed=True),
            _review("审改办审核", "legality"),
            _JOINT,
            _legality(),
            _decide("publish"),
            _publish("file"),
            _file("上一级审改办"),
        ),
        source=f"部门（主要负责人签字盖章）—审改办会同有关部门审核—法制办—县政府审定—公布—报备；{_UNVERIFIED}",
    ),
    Template(
        code="full_parallel_legality",
        title="完整程序（合法性审查与审改办审核并行）",
        kinds=KINDS,
        steps=(
            _sign(days=10, sealed=True),
            _review("审改办审核", "decide"),
            _JOINT,
            _legality(beside="review"),
            _decide("publish"),
            _publish("file"),
            _file("上一级审改办"),
        ),
        source=f"市级规定：清单管理部门会同法制机构 15 个工作日内审核，政府批准后 3 个工作日内公布；{_UNVERIFIED}",
    ),
    Template(
        code="staffing_office",
        version=2,
        title="编制部门审核程序：部门编制、编委办审核反馈、部门核实确认、政府审定、公布",
        kinds=KINDS,
        steps=(_sign(days=10), _review("编委办审核", "confirm"), _CONFIRMATION, _decide("publish"), _publish(None)),
        source=f"部门—编委办审核反馈—部门确认—政府审定—公布；{_UNVERIFIED}",
    ),
    Template(
        code="two_offices",
        title="两办审核程序：审改领导小组办公室与法制办并行审核、政府审定、公布、双报备",
        kinds=KINDS,
        steps=(
            _sign(days=10),
            _review("审改领导小组办公室审核", "decide"),
            _legality(beside="review"),
            _decide("publish"),
            _publish("file"),
            _file("法制办", "审改领导小组办公室"),
        ),
        source=f"部门—法制办、审改领导小组办公室审核并报备—目录更新；{_UNVERIFIED}",
    ),
    Template(
        code="full_with_public_comment",
        title="完整程序（审定前公开征求意见、评估论证、报送上级）",
        kinds=KINDS,
        steps=(
            _sign(days=10, sealed=True),
            _review("审改办审核", "comment"),
            _JOINT,
            _COMMENT,
            _ASSESSMENT,
            _HEARING,
            _CONSULTATION,
            _legality(following="report"),
            _REPORT,
            _decide("publish"),
            _publish("file"),
            _file("上一级审改办"),
        ),
        source="部门（签字盖章）—审改办会同部门审核—审批局征求意见、评估论证—法制办—报市审改办—县政府审定—公布—报备；"
        + _UNVERIFIED,
    ),
)

# [P5], articles 22-25: changing elements takes the short path, everything else the full one.
BOUND: dict[str, str] = {kind: "short" if kind == "modify" else "full" for kind in KINDS}
BOUND_SOURCE = f"要素修改适用简易程序，新增、取消、下放等须经政府批准（市级规定第二十二至二十五条）；{_UNVERIFIED}"
