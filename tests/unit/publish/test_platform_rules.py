"""Batch numbers, mapping, what answers mean and what a comparison finds, pure."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deploy.simulator import checks
from deploy.simulator.repository import content_hash as hash_there
from services.publish.platform import rules, telling, translation
from services.publish.platform.comparisons import rules as comparison
from services.publish.platform.comparisons.rules import Held, Ours, Report
from services.publish.platform.mapping import Mapping, built_in
from services.publish.platform.peers import rules as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.rules import BadAnswer, Queued
from services.publish.platform.translation import Untranslatable
from shared import problems
from shared.codes import credit_code
from shared.identity.principal import Grant, Principal
from shared.webhook.addresses import networks

DAY = date(2019, 4, 11)
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def test_a_batch_number_is_the_day_and_its_serial() -> None:
    assert rules.next_batch_number(DAY, None) == "2019041100001"
    assert rules.next_batch_number(DAY, "2019041100001") == "2019041100002"
    assert rules.next_batch_number(date(2019, 4, 12), "2019041100002") == "2019041200001"


def test_batch_numbers_rise_although_the_clock_was_set_back() -> None:
    assert rules.next_batch_number(date(2019, 4, 10), "2019041100002") == "2019041100003"
    with pytest.raises(ValueError, match="20190411"):
        rules.next_batch_number(DAY, "2019041199999")


def test_waiting_doubles_up_to_a_minute_and_obeys_the_platform() -> None:
    assert [rules.retry_seconds(n, spread=1.0) for n in (0, 1, 2, 50)] == [0.5, 1.0, 2.0, 60.0]
    assert rules.retry_seconds(1, spread=1.0, asked=30) == 30
    assert rules.retry_seconds(1, spread=1.0, asked=10**9) == 3600


def columns(**more: Any) -> dict[str, Any]:
    half = built_in().push
    return dict(translation.outward(half, {"name": "食品经营许可", "state": "in_use"} | more)["ROW"])


def test_the_shipped_profile_speaks_as_the_table_of_the_national_platform() -> None:
    row = columns(
        implementing_body={"name": "青县行政审批局", "credit_code": "11130922MB0000000X"},
        statutory_limit={"amount": 20, "unit": "working_day"}, service_objects=["enterprise", "other"], online=True,
        basis=[{"document": "食品安全法", "number": "主席令第21号", "article": "第三十五条", "kind": "set"}],
    )  # fmt: skip
    assert row == {
        "TASK_NAME": "食品经营许可", "TASK_STATE": "1",
        "DEPT_NAME": "青县行政审批局", "DEPT_CODE": "11130922MB0000000X",
        "ANTICIPATE_DAY": "20", "ANTICIPATE_TYPE": "1", "SERVER_TYPE": "2,9", "IS_ONLINE": "1",
        "BY_LAW": "《食品安全法》（主席令第21号）第三十五条",
    }  # fmt: skip


def test_a_code_without_a_counterpart_is_never_guessed() -> None:
    with pytest.raises(Untranslatable, match="TASK_STATE"):
        columns(state="unheard_of")


def test_what_cannot_be_seen_any_more_is_sent_as_a_deletion() -> None:
    sent, unsent = rules.wire([Queued(UUID(int=1), 4, UUID(int=2), "U", None)], built_in(), NOW)
    assert unsent == []
    assert sent == [{"TASK_GUID": str(UUID(int=1)), "ROW_GUID": str(UUID(int=2)), "TASK_VERSION": 4,
                     "CD_TIME": "20261122080000", "CD_OPERATION": "D", "TABLE": built_in().push.table}]  # fmt: skip


@given(st.dictionaries(TEXTS, TEXTS), st.dictionaries(TEXTS, st.lists(st.dictionaries(TEXTS, TEXTS), max_size=3)))
def test_both_sides_compute_the_same_hash(row: dict[str, str], children: dict[str, Any]) -> None:
    said = {"ROW": row, "CHILDREN": children}
    assert translation.content_hash(said) == hash_there({**said, "CD_TIME": "x"})


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        ({"column": "ROW_GUID", "element": "name"}, "由交换程序填写"),
        ({"column": "TASK_NAME", "element": "name", "value": "x"}, "之一"),
        ({"column": "TASK_NAME"}, "之一"),
        ({"element": "name"}, "缺少 column"),
        ({"column": "A", "value": "1", "vocabulary": {"a": "b"}}, "固定值"),
        ({"column": "task name", "element": "name"}, "pattern"),
        ({"column": "A", "element": "name", "form": "magic"}, "form"),
        ({"column": "A", "element": "name", "unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_profile_is_refused_when_it_is_saved(column: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Mapping.model_validate({"title": "x", "push": {"table": "T", "columns": [column]}})


def test_a_profile_fills_nothing_twice() -> None:
    twice = [{"column": "A", "element": "name"}, {"column": "A", "element": "level"}]
    with pytest.raises(ValidationError, match="重复填写"):
        Mapping.model_validate({"title": "x", "push": {"table": "T", "columns": twice}})


def test_an_aggregate_of_the_catalogue_becomes_elements() -> None:
    half = built_in().catalogue
    assert half is not None
    entry = {"ITEM_ID": "1", "TASK_VERSION": 3,
             "AUDIT_ITEM": {"TASK_NAME": " 食品经营许可 ", "TASK_STATE": "3", "USE_LEVEL": 4},
             "AUDIT_ITEM_BYLAW": [{"LAW_NAME": "食品安全法", "LAW_TYPE": "1"}]}  # fmt: skip
    assert translation.inward(half, entry) == {
        "name": "食品经营许可", "state": "cancelled", "level": "4",
        "basis": [{"document": "食品安全法", "document_kind": "law", "kind": "set"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"AUDIT_ITEM": []}, {"AUDIT_ITEM": {"TASK_NAME": {"a": 1}}}, {"AUDIT_ITEM": {"TASK_NAME": "a\0b"}},
        {"AUDIT_ITEM": {"TASK_STATE": "9"}}, {"AUDIT_ITEM": {}, "AUDIT_ITEM_BYLAW": ["x"]},
        {"AUDIT_ITEM": {"TASK_NAME": True}}, {"AUDIT_ITEM": {"TASK_NAME": "\ud800"}},
    ],
)  # fmt: skip
def test_a_bad_aggregate_is_told_apart_with_its_reason(entry: dict[str, Any]) -> None:
    half = built_in().catalogue
    assert half is not None
    with pytest.raises(Untranslatable, match=r"."):
        translation.inward(half, entry)


KEYS = st.sampled_from(["CURSOR", "ROW_GUID", "CODE", "ID", "ITEM_ID", "TASK_VERSION", "TASK_GUID", "LASTTIMESTAMP"])
VALUES = st.sampled_from([None, True, 7, -1, 2**70, "", "a", "\0", "\ud800", [], {}])
ANSWERS = st.fixed_dictionaries({}, optional={
    "list": VALUES | st.lists(VALUES | st.dictionaries(KEYS, VALUES), max_size=3),
    "CURSOR": VALUES, "LASTTIMESTAMP": VALUES, "LASTID": VALUES, "LAST_BATCH": VALUES,
})  # fmt: skip


@given(ANSWERS)
def test_an_answer_of_any_shape_is_read_or_refused(data: dict[str, Any]) -> None:
    for read in (rules.feedback_of, rules.aggregates_of, comparison.inventory_of, verdicts_of):
        with contextlib.suppress(BadAnswer):
            read(data)


def verdicts_of(data: dict[str, Any]) -> Any:
    return rules.verdicts(data, ["a"])


def test_of_two_versions_of_an_entry_in_a_page_the_higher_counts() -> None:
    told = [{"ITEM_ID": "a", "TASK_VERSION": 2}, {"ITEM_ID": "a", "TASK_VERSION": 1}]
    found, cursor = rules.aggregates_of({"list": told, "LASTTIMESTAMP": 5, "LASTID": "a"})
    assert [(one.external_id, one.version) for one in found] == [("a", 2)]
    assert rules.catalogue_cursor(cursor) == (5, "a")
    assert rules.catalogue_cursor("") == (0, "")


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://zwfw.example.gov.cn/exchange", True), ("http://127.0.0.1:8080", True), ("https://127.0.0.1", True),
        ("http://zwfw.example.gov.cn", False), ("http://10.0.0.1", False), ("https://169.254.169.254/", False),
        ("http://localhost:8703", False), ("https://user:pass@host/", False), ("ftp://host/", False),
        ("https://host/?a=1", False), ("https://[::1]/", False), ("https://", False), ("https://host:99999/", False),
        ("https://[", False), ("https://localhost", False),
    ],
)  # fmt: skip
def test_a_platform_is_reached_by_https_or_in_networks_that_are_allowed(url: str, good: bool) -> None:
    allowed = networks("127.0.0.0/8, 192.168.0.0/16")
    if good:
        peers.check_url(url, allowed)
    else:
        with pytest.raises(problems.Invalid):
            peers.check_url(url, allowed)


def test_a_secret_of_another_platform_or_service_cannot_be_named() -> None:
    peers.check_credential("peer.hebei", "hebei")
    peers.check_credential("peer.hebei.2027", "hebei")
    assert not peers.CREDENTIAL.match("publish.password")
    assert not peers.CREDENTIAL.match("peer.hebei/../publish.password")
    with pytest.raises(problems.Invalid):
        peers.check_credential("peer.hebei", "hebei2")


def test_who_administers_a_peer_holds_the_nation_or_all_its_regions() -> None:
    chains = {"a": ["a", "p"], "b": ["b", "q"]}

    def one(*grants: tuple[str, str]) -> Principal:
        return Principal(UUID(int=1), "x", "x", None, tuple(Grant(*grant) for grant in grants))

    assert peers.may_administer(one(("administrator", "0" * 12)), chains)
    assert peers.may_administer(one(("administrator", "p"), ("administrator", "b")), chains)
    assert not peers.may_administer(one(("administrator", "p")), chains)
    assert not peers.may_administer(one(("auditor", "0" * 12)), chains)
    assert peers.may_read(one(("auditor", "0" * 12)), chains)
    assert not peers.may_read(one(("compiler", "a")), {"a": ["a"]})


@given(st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"), st.integers(0, 17))
def test_the_simulator_reads_credit_codes_by_itself(character: str, place: int) -> None:
    code = credit_code.generate(authority="1", category="1", region="130922", organisation_body="0000000A").value
    assert checks.credit_code_is_sound(code)
    other = code[:place] + character + code[place + 1 :]
    assert checks.credit_code_is_sound(other) == (other == code)


@given(
    st.dictionaries(st.integers(1, 8), st.tuples(st.integers(1, 3), st.sampled_from("ab"))),
    st.dictionaries(st.integers(1, 8), st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(1, 3))),
)
def test_what_a_comparison_finds_repairs_the_difference(
    there: dict[int, tuple[int, str]], here: dict[int, tuple[str, bool, int]]
) -> None:
    held = [Held(str(UUID(int=key)), version, said) for key, (version, said) in sorted(there.items())]
    ours = [Ours(UUID(int=key), None, said, shown, "accepted", version) for key, (said, shown, version) in here.items()]
    after = {str(UUID(int=key)): (said, version) for key, (version, said) in there.items()}
    versions = {str(one.item_id): one.version for one in ours}
    report = Report()
    for one in comparison.compare(held, ours, report, include_rejected=False):
        assert one.repair is not None
        item, _, operation, theirs, _ = one.repair
        if operation == "D":
            del after[str(item)]
        else:  # as it is queued: above both
            versions[str(item)] = max(here[item.int][2], theirs or 0) + 1
            after[str(item)] = (here[item.int][0], versions[str(item)])
    shown = {str(UUID(int=key)): said for key, (said, public, _) in here.items() if public}
    assert after == {key: (said, versions[key]) for key, said in shown.items()}
    assert report.equal + sum(report.differences.values()) == report.compared


def test_an_inventory_out_of_order_is_refused() -> None:
    told = [{"TASK_GUID": "b", "TASK_VERSION": 1}, {"TASK_GUID": "a", "TASK_VERSION": 1}]
    with pytest.raises(BadAnswer, match="排序"):
        comparison.inventory_of({"list": told, "CURSOR": ""})


@pytest.mark.parametrize("version", [-1, 2**63, 2**70])
def test_a_version_no_database_holds_is_refused_and_not_stumbled_over(version: int) -> None:
    with pytest.raises(BadAnswer, match="超出范围"):
        comparison.inventory_of({"list": [{"TASK_GUID": "a", "TASK_VERSION": version}], "CURSOR": ""})


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("2019041100002", "2019041100002"), ("2019041199999", None), ("99991231", None),
        ("２０１９０４１１０００02", None), (2019041100002, None), (None, None),
    ],
)  # fmt: skip
def test_a_last_batch_that_no_number_can_follow_is_not_taken_over(told: object, taken: str | None) -> None:
    assert comparison.inventory_of({"list": [], "CURSOR": "", "LAST_BATCH": told})[2] == taken


def test_what_a_comparison_shows_of_a_foreign_entry_can_be_stored() -> None:
    report = Report()
    comparison.compare([Held("\0" + "长" * 1_000, 1, "")], [], report, include_rejected=False)
    (shown,) = report.result()["shown"]
    assert shown == {"kind": "foreign", "item": "长" * comparison.LONGEST_SHOWN, "version": 1}


def test_a_row_is_named_in_either_case_and_by_its_whole_guid() -> None:
    guid = UUID("0197f3a0-0000-7000-8000-00000000000a")
    assert rules.row_named(str(guid).upper()) == rules.row_named(str(guid)) == guid
    for other in (None, "", "?", guid.hex, f"{{{guid}}}", f"{guid}\n", f"urn:uuid:{guid}"):
        assert rules.row_named(other) is None


def test_an_event_of_a_repair_names_no_more_entries_than_an_event_may() -> None:
    partner = Partner(
        id=UUID(int=1), code="p", name="平台", version=1, base_url="", source="1", regions=(), kinds=(),
        mapping=built_in(), credential=None, mirror=None, batch_size=500,
    )  # fmt: skip
    items = [UUID(int=number) for number in range(telling.MOST_ITEMS + 1)]
    told = list(telling.of_repairs(partner, items))
    assert [len(event.item_ids) for event in told] == [telling.MOST_ITEMS, 1]
    assert [event.refs["queued"] for event in told] == [telling.MOST_ITEMS, 1]
