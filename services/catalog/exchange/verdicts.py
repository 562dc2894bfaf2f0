"""Why a row that could be read is refused all the same: what the database knows and the file cannot."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.exchange.profile import MappingProfile


@dataclass(frozen=True, slots=True)
class Verdict:
    """One reason: the element to blame, and a sentence (%1$s: first row of the same key, %2$s: of the same code)."""

    code: str
    element: str
    message: str


VERDICTS = (
    Verdict("unknown_organ", "implementing_body", "统一社会信用代码未登记，请先在机构库中登记该实施主体"),
    Verdict("organ_inactive", "implementing_body", "该实施主体已停用，请核对统一社会信用代码"),
    Verdict("organ_missing", "implementing_body", "没有实施主体，无法判断应归入哪一级清单"),
    Verdict("list_not_found", "implementing_body", "导入范围内没有该实施主体所属区划的同类清单，请先建立清单"),
    Verdict("list_in_force", "implementing_body", "所属清单已生效，不能再导入，请通过调整程序修改"),
    Verdict("list_not_covered", "implementing_body", "当前账号不是所属清单的牵头单位，本行未导入"),
    # HB-06: powers are exercised by bodies with administrative subject status only.
    Verdict("not_administrative_subject", "implementing_body", "该机构没有行政主体资格，不能行使行政权力，请核对"),
    Verdict("unknown_item", "", "清单中没有该系统标识的事项，请勿修改“系统标识”列；新事项请将其留空"),
    Verdict("duplicate_row", "base_code", "与第%1$s行重复（同一清单、编码、实施主体和业务办理项），请保留一行"),
    Verdict("duplicate_code", "implementation_code", "编码与第%2$s行相同，一个编码只能对应一个事项"),
    Verdict("ambiguous", "base_code", "清单中有多个事项与本行对应，请先合并或分清业务办理项"),
    Verdict("item_cancelled", "base_code", "该事项已取消，已停用的编码不得重新启用"),
    Verdict("code_in_use", "implementation_code", "编码已由其他事项使用或已停用，不得重复使用，请核对"),
)


def blamed(profile: MappingProfile) -> list[str]:
    """For each verdict, the column of this profile that the row error names."""
    return [profile.column_of(verdict.element) for verdict in VERDICTS]
