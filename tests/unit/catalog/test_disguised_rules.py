"""The detector on made-up sentences: each form, each pattern, what speaks against, and how alike names are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.disguised.facts import Continued, Facts, Text, around, of_entry, of_text
from services.catalog.disguised.lexicon import cases, shipped
from services.catalog.disguised.replay import replay
from services.catalog.disguised.rules import TITLES, WEIGHTS, assess, forms_in
from services.catalog.disguised.similarity import Names, added, grams, jaccard

FORMS = ("备案", "证明", "目录", "计划", "规划", "登记", "注册", "指定", "认定", "认证", "审定", "年检", "年报", "监制")


def entry(text: str, **more: object) -> Facts:
    """An entry of another power, for enterprises, that says a sentence."""
    facts = Facts(subject="item", name="某事项", item_type="10", service_objects=("enterprise",),
                  texts=(Text("/conditions/0", text),))  # fmt: skip
    return replace(facts, **more)  # type: ignore[arg-type]


@pytest.mark.req("ZZ-27")
def test_the_dictionary_has_exactly_the_fourteen_forms() -> None:
    assert shipped().forms == FORMS


@pytest.mark.req("ZZ-27")
@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_detected_in_a_sentence(form: str) -> None:
    said = assess(entry(f"企业经{form}后方可从事经营活动"), shipped())
    assert said.suspected
    hits = [hit for one in said.signals if one.signal == "S3" for hit in one.hits]
    assert form in [hit.term for hit in hits]
    assert hits[0].path == "/conditions/0"


# The same words where nobody is kept from anything before somebody says yes.
NEAR_MISSES = {
    "备案": "企业应当自开业之日起十日内向主管部门备案",
    "证明": "企业可以自愿提交信用证明",
    "目录": "企业可以查询产品目录",
    "计划": "企业自主制定生产计划",
    "规划": "鼓励企业参与行业规划编制",
    "登记": "企业可以登记联系方式以便接收通知",
    "注册": "企业注册后可自行修改密码",
    "指定": "快递寄往窗口指定的收件人",
    "认定": "对企业的违法行为依法认定",
    "认证": "鼓励企业开展质量认证",
    "审定": "名单由专家审定并公布",
    "年检": "企业自行安排设备年检",
    "年报": "企业自主公示年报",
    "监制": "包装上注明监制单位",
}


@pytest.mark.req("ZZ-27")
@pytest.mark.parametrize("form", FORMS)
def test_each_form_alone_without_approval_first_makes_no_suspect(form: str) -> None:
    said = assess(entry(NEAR_MISSES[form]), shipped())
    assert form in [hit.term for one in said.signals if one.signal == "S3" for hit in one.hits], "the word is seen"
    assert not said.suspected
    assert not said.shows("S4", "S7")


@pytest.mark.req("ZZ-28")
@pytest.mark.parametrize(
    ("signal", "facts"),
    [
        ("S1", entry("经备案后方可经营", item_type="01")),
        ("S1", entry("经备案后方可经营", permit_linked=True)),
        ("S2", entry("经备案后方可经营", service_objects=("government",))),
        ("S3", entry("列入目录清单的事项可在登记机关办理")),
        ("S4", entry("经营者可以在取得营业执照后申请补贴")),
        ("S4", entry("凭身份证领取宣传册")),
        ("S5", entry("", texts=(Text("/result_name", "资格证"), Text("/process_steps/0/name", "受理")))),
        ("S5", entry("", texts=(Text("/result_name", "查询结果"), Text("/process_steps/0/name", "审查")))),
        ("S6", entry("", materials=2)),
        ("S6", entry("", has_limit=True)),
        ("S7", entry("企业应当按时报送年度报告")),
        ("S8", entry("")),
        ("S9", entry("")),
    ],
)
def test_a_near_miss_of_each_signal_does_not_show_it(signal: str, facts: Facts) -> None:
    assert not assess(facts, shipped()).shows(signal)


@pytest.mark.parametrize("text", ["目录清单", "计划生育", "注册资本", "身份证明", "登记机关", "指定地点"])
def test_words_that_only_contain_a_form_are_none(text: str) -> None:
    assert forms_in(text, shipped()) == []


def test_the_longest_word_counts() -> None:
    assert forms_in("列入目录清单的目录，经登记机关登记", shipped()) == ["目录", "登记"]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("未经批准不得施工", "P1"), ("未取得意见的，禁止开业", "P1"), ("取得认证后方能上岗", "P2"),
     ("列入目录的才能参加", "P2"), ("凭批文办理手续", "P3"), ("不予登记", "P4")],
)  # fmt: skip
def test_each_pattern_of_approval_before_the_activity(text: str, pattern: str) -> None:
    [signal] = [one for one in assess(entry(text), shipped()).signals if one.signal == "S4"]
    assert signal.hits[0].term == pattern


@pytest.mark.req("ZZ-28")
def test_only_all_three_conditions_together_make_a_suspect_and_each_is_named() -> None:
    full = assess(entry("经备案后方可从事经营"), shipped())
    assert full.suspected
    assert {one.signal for one in full.signals} >= {"S1", "S2", "S3", "S4"}
    assert all(one.explanation == TITLES[one.signal] and one.hits for one in full.signals)
    assert full.score == sum(WEIGHTS[one.signal] for one in full.signals)
    listed = assess(entry("经备案后方可从事经营", permit_linked=True), shipped())
    inside = assess(entry("经备案后方可从事经营", service_objects=("government",)), shipped())
    after = assess(entry("经营者在开业后十日内向主管部门备案"), shipped())
    for said, missing in ((listed, "S1"), (inside, "S2"), (after, "S4")):
        assert not said.suspected
        assert not said.shows(missing)


def test_service_objects_that_are_not_given_are_read_from_the_words() -> None:
    assert assess(entry("企业经备案后方可经营", service_objects=None), shipped()).suspected
    assert not assess(entry("经备案后方可使用公车", service_objects=None), shipped()).suspected


def test_a_decision_alone_is_suspect_unless_it_is_a_lawful_registration_or_confirmation() -> None:
    texts = (Text("/result_name", "资格证"), Text("/process_steps/0/name", "审查"))
    decided = entry("", texts=texts)
    assert assess(decided, shipped()).suspected
    assert not assess(replace(decided, name="结婚登记"), shipped()).suspected
    by_law = replace(decided, item_type="07", basis_kinds=frozenset({"law"}))
    assert not assess(by_law, shipped()).suspected
    by_notice = replace(decided, item_type="07", basis_kinds=frozenset({"normative"}))
    assert assess(by_notice, shipped()).suspected


def test_a_confirmation_that_comes_before_the_activity_is_suspect_all_the_same() -> None:
    assert assess(entry("未经认定不得经营", item_type="07", basis_kinds=frozenset({"law"})), shipped()).suspected


def test_an_annual_check_as_condition_of_going_on_weighs() -> None:
    assert assess(entry("未按时参加年检的不得继续执业"), shipped()).shows("S7")
    assert assess(entry("年检合格方可继续经营"), shipped()).shows("S7")
    assert not assess(entry("企业自主公示年报"), shipped()).shows("S7")


def test_materials_and_a_limit_as_for_a_permit_weigh_little() -> None:
    said = assess(entry("经备案后方可经营", materials=2, has_limit=True), shipped())
    assert [one.weight for one in said.signals if one.signal == "S6"] == [1]


def test_a_condition_added_to_a_permit_is_a_pattern_of_its_own() -> None:
    facts = entry("", item_type="01", permit_linked=True, added_conditions=(Text("/conditions/2", "须先加入协会"),))
    said = assess(facts, shipped())
    assert (said.suspected, said.pattern) == (True, "precondition")
    assert not assess(replace(facts, added_conditions=()), shipped()).suspected


def test_a_cancelled_permit_that_lives_on_is_a_pattern_of_its_own() -> None:
    said = assess(entry("", continued=(Continued("某许可", similarity=0.8),)), shipped())
    assert (said.suspected, said.pattern) == (True, "continued")
    assert "名称相似度0.80" in next(one for one in said.signals if one.signal == "S8").hits[0].text


@pytest.mark.req("TH-52")
def test_a_text_that_may_set_no_permit_is_read_by_the_sentence() -> None:
    text = "一、总体要求\n各企业应当申请登记。未经登记的，不得开展活动。\n二、附则"
    said = assess(of_text("通知", "normative", text, may_set=False), shipped())
    assert said.suspected
    assert {hit.path for one in said.signals if one.signal == "S4" for hit in one.hits} == {"/full_text/2"}
    assert not assess(of_text("条例", "local_regulation", text, may_set=True), shipped()).suspected


def test_of_a_long_text_only_what_is_around_the_evidence_is_kept_and_replays() -> None:
    text = "\n".join([*["无关内容"] * 400, "企业未经登记的，不得开展活动。", *["无关内容"] * 400])
    facts = of_text("通知", "normative", text, may_set=False)
    kept = around(facts, {"/full_text/401"})
    assert len(kept.texts) == 3
    assert assess(kept, shipped()).suspected


def test_what_the_basis_quotes_is_no_demand_of_the_matter() -> None:
    elements = {"name": "查询服务", "service_objects": ["enterprise"],
                "basis": [{"document": "某法", "text": "未经许可不得经营", "document_kind": "law"}]}  # fmt: skip
    facts = of_entry(elements, item_type="20", permit_linked=False)
    assert not assess(facts, shipped()).suspected
    assert facts.basis_kinds == {"law"}


KEYS = st.sampled_from(["name", "conditions", "service_objects", "materials", "basis", "result_type"])
ROWS = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=2), max_size=2)
VALUES = st.none() | st.integers() | st.text(max_size=30) | st.lists(st.text(max_size=10), max_size=3) | ROWS


@given(st.dictionaries(KEYS, VALUES))
def test_no_entry_breaks_the_scorer_and_stored_facts_say_the_same(elements: dict[str, object]) -> None:
    facts = of_entry(elements, item_type=None, permit_linked=False)
    assert Facts.of(facts.stored()) == facts
    assert assess(Facts.of(facts.stored()), shipped()) == assess(facts, shipped())


@pytest.mark.req("ZZ-26")
def test_the_shipped_verdicts_replay_without_loss_and_without_a_false_alarm() -> None:
    result = replay(cases(), shipped())
    assert result.lost == []
    assert sum(result.suspected.values()) == result.suspected["disguised"] == result.cases["disguised"]
    assert {"lawful_filing", "registration", "confirmation", "other"} < set(result.cases)


def test_a_disguised_permit_that_is_no_longer_found_is_told() -> None:
    lost = replay([{"verdict": "disguised", "facts": entry("平常的话").stored(), "suspect_id": None}], shipped())
    assert [one["name"] for one in lost.lost] == ["某事项"]
    assert lost.precision is None


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_the_same_both_ways_and_whole_with_itself(first: str, second: str) -> None:
    one, two = grams(first), grams(second)
    assert jaccard(one, two) == jaccard(two, one) <= 1
    assert not one or jaccard(one, one) == 1
    assert [(name, round(score, 9)) for name, score in Names([second]).like(first, 0.01)] == (
        [(second, round(jaccard(one, two), 9))] if jaccard(one, two) >= 0.01 else []
    )


def test_a_condition_within_one_of_the_superior_is_not_added() -> None:
    superior = ["有固定的经营场所；有相应的专业技术人员", "法定代表人无不良记录"]
    local = ["有固定的经营场所", "法定代表人无不良记录。", "须加入行业协会并缴纳保证金"]
    assert added(local, superior) == [2]
