"""What belongs to one publication, how it is named, and what may be said of it; and the script that proves it."""

from __future__ import annotations

import json
import runpy
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.withdrawals import rules as withdrawals
from services.publish.publications import rules
from services.publish.units import rules as units
from shared import problems

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "docs" / "verify_publication.py"))
IDS = [UUID(int=number) for number in range(1, 13)]


@given(st.dictionaries(st.sampled_from(IDS), st.frozensets(st.integers(0, 6).map(lambda n: UUID(int=100 + n)))))
def test_lists_are_together_exactly_when_a_chain_of_shared_bonds_leads_from_one_to_the_other(
    bonds: dict[UUID, frozenset[UUID]],
) -> None:
    groups = rules.bound_together(bonds)
    assert sorted(one for group in groups for one in group) == sorted(bonds)
    for group in groups:
        first = min(group)
        reached, going = {first}, True
        while going:
            more = {one for one in bonds if any(bonds[one] & bonds[known] for known in reached)} | reached
            going, reached = more != reached, more
        assert reached == group


@pytest.mark.parametrize(
    ("codes", "leading"),
    [
        (["440106000000", "440100000000", "440106001000"], "440100000000"),
        (["440000000000", "440300000000"], "440000000000"),
        (["130922000000", "130922KFQ"], "130922000000"),
        (["440106000000", "440104000000"], "440104000000"),
    ],
)
def test_a_publication_is_counted_in_the_highest_of_its_regions(codes: list[str], leading: str) -> None:
    assert rules.leading_region(codes) == leading


def test_a_publication_is_called_by_its_lists_and_what_it_does() -> None:
    assert rules.title_of("enactment", ["甲清单"]) == "《甲清单》清单公布"
    assert rules.title_of("adjustment", ["甲清单", "乙清单"]) == "《甲清单》等2项清单动态调整公布"
    kinds = [
        rules.kind_of(first=first, withdraws=withdraws, triggers=triggers)
        for first, withdraws, triggers in (
            (True, True, []), (True, False, []), (False, False, []), (False, False, ["BASIS_ADDED"]),
            (False, False, ["ERROR_CORRECTION"]), (False, False, ["ERROR_CORRECTION", "BASIS_ADDED"]),
        )
    ]  # fmt: skip
    assert kinds == ["withdrawal", "enactment", "update", "adjustment", "correction", "adjustment"]
    assert [rules.state_of(present=present, withdrawal=withdrawal) for present, withdrawal in (
        (True, None), (False, None), (True, "waiting"), (True, "done"))
    ] == ["current", "superseded", "withdrawing", "withdrawn"]  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "code"),
    [
        (rules.TakenBack(5_001, False, 0, ()), "publication_too_large"),
        (rules.TakenBack(0, False, 0, ()), "nothing_to_take_back"),
        (rules.TakenBack(3, False, 1, ()), "nothing_to_take_back"),
        (rules.TakenBack(3, True, 0, ()), "first_publication"),
        (rules.TakenBack(3, False, 0, [("甲", "440100000000-2026-0002")]), "changed_since"),
    ],
)
def test_what_cannot_go_back_whole_is_not_taken_back(taken: rules.TakenBack, code: str) -> None:
    with pytest.raises(problems.Conflict) as refused:
        rules.check_withdrawable(taken, None)
    assert refused.value.code == code
    rules.check_withdrawable(rules.TakenBack(3, False, 0, ()), None)
    for state in ("waiting", "done"):
        with pytest.raises(problems.IllegalTransition):
            rules.check_withdrawable(rules.TakenBack(3, False, 0, ()), state)


def test_a_decision_is_recorded_on_its_day_in_china_and_not_before() -> None:
    rules.check_decided(date(2026, 3, 2), datetime(2026, 3, 1, 16, 0, tzinfo=UTC))
    with pytest.raises(problems.Invalid):
        rules.check_decided(date(2026, 3, 2), datetime(2026, 3, 1, 15, 59, tzinfo=UTC))


def test_who_typed_a_decision_in_is_not_public_and_one_decision_is_told_once() -> None:
    decision = {"number": "1号", "meeting": "会", "date": "2026-01-01", "by": "account:1"}
    told = rules.public_decisions([decision, None, dict(decision)])
    assert told == [{"number": "1号", "authority": None, "meeting": "会", "date": "2026-01-01", "link": None}]


class _Entry:
    def __init__(self, name: str, audience: str = "public", mirrored: bool = False) -> None:
        self.name, self.audience, self.mirrored = name, audience, mirrored


def test_a_refusal_that_the_public_reads_names_no_entry_that_is_not_public() -> None:
    assert withdrawals.refusal([]) is None
    told = withdrawals.refusal([_Entry("甲"), _Entry("密", audience="staff")])
    assert told is not None
    assert ("甲" in told, "密" in told) == (True, False)
    assert "部分事项" in (withdrawals.refusal([_Entry("密", audience="staff")]) or "")
    assert "上级平台" in (withdrawals.refusal([_Entry("乙", mirrored=True)]) or "")


def test_a_unit_is_asked_for_by_its_code_its_id_or_as_nobody() -> None:
    assert units.asked_unit("none") == units.NOBODY
    assert units.asked_unit(str(IDS[0])) == IDS[0]
    assert units.asked_unit("11440100MB2C000000") == "11440100MB2C000000"
    assert [units.asked_unit(word) for word in ("", "a b", "x" * 36, "组织")] == [None] * 4
    assert (units.word_of(units.NOBODY, None), units.word_of(IDS[0], None)) == ("none", str(IDS[0]))


@pytest.mark.req("ZL-10")
def test_the_script_tells_a_publication_that_was_tampered_with(tmp_path: Path) -> None:
    entry = b'{"id":"00000000-0000-0000-0000-000000000001","name":"x"}'
    list_hash = SCRIPT["list_hash"]([entry])
    part = {"list_id": str(IDS[0]), "revision": 2, "hash": list_hash, "entries": 1, "purged": 0}
    told = {"number": "440100000000-2026-0001", "parts": [part]}
    text = f"{told['number']}\n{IDS[0]} 2 {list_hash} 1\n"
    document, file = tmp_path / "publication.json", tmp_path / "list.jsonl"
    file.write_bytes(json.dumps({"list_id": str(IDS[0]), "revision": 2}).encode() + b"\n" + entry + b"\n")
    document.write_text(json.dumps(told | {"hash": sha256(text.encode()).hexdigest()}))
    assert SCRIPT["main"](str(document), str(file)) == 0
    file.write_bytes(file.read_bytes().replace(b'"x"', b'"y"'))
    assert SCRIPT["main"](str(document), str(file)) == 1
    document.write_text(json.dumps(told | {"hash": "0" * 64}))
    assert SCRIPT["main"](str(document)) == 1
    purged = told | {"parts": [part | {"purged": 1}], "hash": sha256(text.encode()).hexdigest()}
    document.write_text(json.dumps(purged))
    assert SCRIPT["main"](str(document), str(file)) == 2
