"""What each cause of an adjustment must name, and which changes it is about (specification, 5.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from services.workflow.procedures.kinds import KIND_TITLES
from shared import problems


@dataclass(frozen=True)
class Demand:
    """What a cause asks for beside its reason and its reference.

    Attributes
    ----------
    cites : the reference names a document by its title in 《》 or by its number.
    kinds : at least one change does one of these; empty: any.
    """

    cites: bool = False
    kinds: tuple[str, ...] = ()


_ENDED = ("cancel", "merge", "split")
# Causes that are not listed ask for a reference and a reason, as all do, and are about any change.
DEMANDS: dict[str, Demand] = {
    "LAW_ENACT": Demand(cites=True),
    "LAW_AMEND": Demand(cites=True),
    "LAW_REPEAL": Demand(cites=True),
    "SUPERIOR_CANCEL": Demand(kinds=_ENDED),
    "SUPERIOR_SUSPEND": Demand(kinds=("suspend", *_ENDED)),
    # Below it is taken over; who devolves it lets a lower level exercise it, or hands it to another organ.
    "SUPERIOR_DEVOLVE": Demand(kinds=("take_over", "devolve", "transfer")),
    # Tasks of administration change the way a matter goes, element by element (TH-45): not whether there is one.
    "PROCESS_CHANGE": Demand(kinds=("modify", "devolve")),
    "MERGE_SPLIT": Demand(kinds=("merge", "split")),
    "ERROR_CORRECTION": Demand(kinds=("modify", "devolve", *_ENDED)),
}
_NOTHING = Demand()
_DOCUMENT = re.compile(r"《[^《》]+》|[〔\[（(]\s*\d{4}\s*[〕\]）)]\s*第?\s*\d+\s*号|第\s*\d+\s*号")


def check_reference(trigger: str, reference: str) -> None:
    """A cause that is a document names it so that others find it.

    Raises
    ------
    problems.Invalid
        Pointer `/trigger_reference`.
    """
    if DEMANDS.get(trigger, _NOTHING).cites and not _DOCUMENT.search(reference):
        message = "法律法规规章立改废的，须写明文件名称（《…》）或文号"
        place = problems.FieldError("/trigger_reference", "document_missing", message)
        raise problems.Invalid("请写明引起调整的文件。", errors=[place])


def check_kinds(trigger: str, title: str, kinds: Collection[str]) -> None:
    """What is submitted is about its cause.

    Raises
    ------
    problems.Conflict
        Code `cause_without_change`: none of the changes does what the cause asks for.
    """
    demanded = DEMANDS.get(trigger, _NOTHING).kinds
    if demanded and not set(demanded) & set(kinds):
        named = "、".join(f"“{KIND_TITLES[kind]}”" for kind in demanded)
        raise problems.Conflict(
            f"调整情形为“{title}”的，变更事项中至少须有一项{named}；请补充变更事项或更正调整情形。",
            code="cause_without_change",
        )
