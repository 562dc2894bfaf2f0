"""Mangled texts become readable; what is readable stays as it is. All sentences are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.documents.articles import split
from services.catalog.documents.normaliser import clean, simplified
from services.catalog.documents.notices import read_notice

MANGLED = (
    "测政辦函〔2099〕7號\n"
    "各設(shè)區(qū)市人民政府,省政府各部門:\n"
    "《關(guān)于試行圖書館預(yù)約的實(shí)施方案》已經(jīng)2099年3月1日省政府第2次常務(wù)會議討論通過,現(xiàn)印發(fā)給你們。\n"
    "2099年3月5日\n"
    "一、總體要求\n"
    "(一)著力構(gòu)建職責(zé)體系。表格在公共郵箱下載,密碼:qwe12345。\n"
    "本站僅提供存儲服務(wù),所有內(nèi)容均由用戶發(fā)布\n"
    "點(diǎn)擊舉報(bào)。"
)


def test_a_mangled_notice_reads_as_it_was_written() -> None:
    cleaned = clean(MANGLED)
    assert cleaned.text == (
        "测政办函〔2099〕7号\n"
        "各设区市人民政府，省政府各部门：\n"
        "《关于试行图书馆预约的实施方案》已经2099年3月1日省政府第2次常务会议讨论通过，现印发给你们。\n"
        "2099年3月5日\n"
        "一、总体要求\n"
        "（一）着力构建职责体系。表格在公共邮箱下载，密码：******。"
    )
    assert (cleaned.masked, len(cleaned.dropped)) == (1, 2)
    assert cleaned.readings > 15
    notice = read_notice(cleaned.text)
    assert (notice.number, notice.adopted_meeting) == ("测政办函〔2099〕7号", "省政府第2次常务会议")
    assert notice.addressees == ("各设区市人民政府", "省政府各部门")


def test_a_simplified_glyph_behind_the_traditional_one_goes() -> None:
    assert clean("設设區区縣县門门關关於于實实施。").text == "设区县门关于实施。"


def test_repeated_glyphs_of_a_readable_text_stay() -> None:
    text = "人人有责，层层落实。天天检查，乾县著作权登记（shi）不动。"
    assert clean(text).text == text.replace("（shi）", "")


@pytest.mark.parametrize("secret", ["密码：6583156", "口令为abc@123", "password: Hunter2x", "蜜码:Qx_991"])
def test_a_printed_password_is_masked_wherever_it_stands(secret: str) -> None:
    cleaned = clean(f"一、第一段\n请到邮箱下载表格，{secret}，按时报送。\n二、第二段")
    assert cleaned.masked == 1
    assert secret[-5:] not in cleaned.text
    assert "按时报送" in cleaned.text


def test_what_says_nothing_of_a_password_is_not_masked() -> None:
    text = "不得泄露密码，密码管理部门负责。电话12345678"
    assert clean(text).text == text


def test_boilerplate_goes_at_both_ends_only() -> None:
    inside = "\n".join(f"第{number}段" for number in range(20))
    cleaned = clean(f"来源：某网站\n{inside}\n推荐访问:某市")
    assert cleaned.dropped == ("来源：某网站", "推荐访问:某市")
    middle = clean(inside.replace("第9段", "来源：各级财政"))
    assert "来源：各级财政" in middle.text


def test_paragraphs_and_numbering_stay() -> None:
    text = "　　一、要求  \n\n\n\n1.第一项，12,000元；\n(2)第二项\r\n （三）第三项\n"
    assert clean(text).text == "一、要求\n\n1.第一项，12,000元；\n（2）第二项\n（三）第三项".replace("（2）", "(2)")


@given(st.text(alphabet="設设(shè)區区,，。:：〔〕[]2014 號号人\n密码abc123（）", max_size=120))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once


def test_the_table_of_glyphs_leads_to_simplified_ones_only() -> None:
    table = simplified()
    assert not set(table.values()) & set(table), "no chains"
    assert all(len(glyph) == len(plain) == 1 for glyph, plain in table.items())


def test_a_text_that_quotes_one_article_has_none_of_its_own() -> None:
    assert split("第三条　引用而已。") == []
    assert [one["article"] for one in split("第一条 甲\n第二条 乙\n第二条 重复\n第三条 丙")] == ["1", "2", "3"]
