"""The package that is reported to the superior, made of the page of the adjustment. Pure."""

from __future__ import annotations

from services.workflow.adjustments.schemas import Adjustment
from services.workflow.preparations.schemas import PackagedOpinion, ReportPackage
from services.workflow.procedures.schemas import ReviewStep


def package_of(page: Adjustment) -> ReportPackage:
    """The package of the submission that is running, or of the last one."""
    receipts = {receipt.number: receipt for receipt in page.receipts}
    told = page.model_dump(include=set(ReportPackage.model_fields) - {"receipt", "opinions", "organ_name"})
    return ReportPackage.model_validate(
        told
        | {
            "organ_name": page.organ_names.get(page.organ_id),
            "receipt": receipts[page.submission].model_dump() if page.submission in receipts else None,
            "opinions": [_opinion(step) for step in page.steps if _is_said(page, step)],
        }
    )


def _is_said(page: Adjustment, step: ReviewStep) -> bool:
    return step.submission == page.submission and step.state == "passed"


def _opinion(step: ReviewStep) -> PackagedOpinion:
    return PackagedOpinion(
        step=step.title,
        organ_name=step.organ_name,
        opinion=step.opinion,
        element_opinions=step.element_opinions,
        record=step.record,
        decided_at=step.decided_at,
    )
