"""The procedures the product brings along, and which kinds of adjustment they are bound to. Pure data.

No source text names the numbers of days of all steps: limits are parameters and the templates are not verified. The
chains are those of five local documents and of the rules in domain/spec.md 5.2.
"""

from __future__ import annotations

from dataclasses import replace
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


def _review(title: str, following: str, *, days: int = 15) -> Step:
    # Preset A: the list office gives its opinion, with the legal office, within 15 working days.
    return Step(code="review", title=title, act="review", role="reviewer", limit=_days(days), next=following)


def _legality(*, beside: str | None = None, following: str = "decide") -> Step:
    # 国办发〔2018〕115号: usually 5 to 15 working days.
    return Step(
        code="legality", title="合法性审查", act="legality", role="legality_reviewer", limit=_days(15),
        next=None if beside else following, beside=beside,
    )  # fmt: skip


def _decide(following: str | None = None, *, days: int = 10) -> Step:
    return Step(
        code="decide", title="本级政府审定", act="decide", role="decider", limit=_days(days), next=following
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
    Template(
        code="lead_unit",
        title="牵头单位审核程序：部门编制、清单牵头单位审核、审改办审核、政府审定、公布、编办备案",
        kinds=KINDS,
        steps=(
            replace(_sign(days=10), next="lead"),
            Step(
                code="lead",
                title="清单牵头单位审核",
                act="review",
                role="list_authority",
                limit=_days(15),
                next="review",
            ),
            _review("审改办审核", "decide"),
            _decide("publish"),
            _publish("file"),
            _file("编办"),
        ),
        source=f"部门—牵头单位—按《河北省行政许可目录管理办法》规定的程序（原文未获得）—公布—编办备案；{_UNVERIFIED}",
    ),
    Template(
        code="public_comment_and_assessment",
        title="公开征求意见程序：签字盖章、审改办会同部门审核、征求意见与评估论证、合法性审查、政府审定、公布",
        kinds=KINDS,
        steps=(
            _sign(days=10, sealed=True),
            _review("审改办会同有关部门审核", "comment"),
            _JOINT,
            _COMMENT,
            _ASSESSMENT,
            _legality(),
            _decide("publish"),
            _publish(None),
        ),
        source="部门（主要负责人签字盖章）—审改办会同部门审核—行政审批局征求意见、评估论证—法制办合法性审查—县政府审定—"
        f"政府办公室和部门公布；{_UNVERIFIED}",
    ),
    Template(
        code="claim_and_copy",
        title="承接认领程序：部门编制、审改办组织认领、报市审改办、县政府审定、公布、抄送市审改办",
        kinds=KINDS,
        steps=(
            _sign(days=10),
            _review("审改办组织认领审核", "report"),
            replace(_REPORT, recipients=("市审改办",)),
            _decide("publish"),
            _publish("file"),
            replace(_file("市审改办"), title="抄送"),
        ),
        source=f"上级清单—审改办组织认领—报送市审改办—县政府审定—公布—抄送市审改办；{_UNVERIFIED}",
    ),
    Template(
        code="two_offices_decide",
        title="要素修改程序：部门编制、清单管理部门会同法制机构审核、清单牵头单位审定、公布",
        kinds=("modify",),
        steps=(
            _sign(days=10),
            _review("清单管理部门审核", "decide"),
            _legality(beside="review"),
            Step(
                code="decide",
                title="清单牵头单位审定",
                act="decide",
                role="list_authority",
                limit=_days(10),
                next="publish",
            ),
            _publish(None),
        ),
        source=f"市级规定第二十二至二十五条：要素修改由清单管理部门会同法制机构办理，不报政府；{_UNVERIFIED}",
    ),
    Template(
        code="staffing_and_legality",
        title="编办审核、合法性审查程序：部门编制、编办审核、合法性审查、政府审定",
        kinds=KINDS,
        steps=(_sign(days=10), _review("编办审核", "legality"), _legality(), _decide()),
        source=f"省级部门规定（吉林）：情形发生后 10 个工作日内提出，编办审核、合法性审查后报政府审定；{_UNVERIFIED}",
    ),
    Template(
        code="staffing_and_legality_published",
        title="编办审核、合法性审查程序（含公布）：部门或编办提出、编办审核、法制机构审查、政府审定、公布",
        kinds=KINDS,
        steps=(_sign(days=10), _review("编办审核", "legality"), _legality(), _decide("publish"), _publish(None)),
        source=f"省级规定（山东）：部门向编办申请，法制机构审查，政府、编办、部门网站和大厅公布；{_UNVERIFIED}",
    ),
    Template(
        code="superior_decision",
        title="衔接上级决定程序：部门编制、审改办审核、政府审定、公布（自通知之日起 15 日内衔接到位）",
        kinds=tuple(kind for kind in KINDS if kind not in ("devolve", "transfer")),
        # Fifteen days in all: two, three and two working days to the decision, and three to publish it.
        steps=(
            _sign(days=2),
            _review("审改办审核", "decide", days=3),
            _decide("publish", days=2),
            _publish(None),
        ),
        source="冀政办字〔2020〕154号所引衔接国务院决定的要求：15 日内衔接，平台目录和实施清单 5 个工作日内完成；"
        + _UNVERIFIED,
    ),
)

# [P5], articles 22-25: changing elements takes the short path, everything else the full one.
BOUND: dict[str, str] = {kind: "short" if kind == "modify" else "full" for kind in KINDS}
BOUND_SOURCE = f"要素修改适用简易程序，新增、取消、下放等须经政府批准（市级规定第二十二至二十五条）；{_UNVERIFIED}"
