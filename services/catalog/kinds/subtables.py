"""What the rows of the two sub-tables consist of that every kind shares: legal basis and materials. Pure.

Column keys are the same in storage, in spreadsheets and for peers. Sources: UP_TASK_GENERAL_MATERIAL and the basis
rows of provincial item libraries, GB/T 39046-2020 table 4 items 56-64.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.catalog.kinds.rules import Element
from shared.guide.materials import MATERIAL_FORMS, MATERIAL_SOURCES, NECESSITIES

BASIS_USES = {"set": "设定依据", "implement": "实施依据", "supervise": "监管依据"}
DOCUMENT_KINDS = {
    "law": "法律",
    "regulation": "行政法规",
    "decision": "国务院决定",
    "local_regulation": "地方性法规",
    "provincial_rule": "省级政府规章",
    "department_rule": "部门规章",
    "normative": "规范性文件",
    "organ_duties": "三定规定",
    "central_document": "党中央、国务院文件",
    "provincial_document": "省委、省政府文件",
}
MATERIAL_KINDS = {"document": "证件证书证明", "form": "申请表格文书", "other": "其他"}


def _columns(*elements: Element) -> Mapping[str, Element]:
    return {element.key: element for element in elements}


BASIS_COLUMNS = _columns(
    Element(key="kind", title="依据类别", type="choice", mandatory=True, vocabulary=BASIS_USES),
    Element(key="document_kind", title="文件种类", type="choice", mandatory=True, vocabulary=DOCUMENT_KINDS),
    Element(key="document", title="文件名称", type="text", mandatory=True),
    Element(key="number", title="文号", type="text"),
    Element(key="issuer", title="颁布机关", type="text"),
    Element(key="date", title="颁布日期", type="date"),
    Element(key="article", title="条款", type="text"),
    Element(key="text", title="条款内容", type="text"),
)

MATERIAL_COLUMNS = _columns(
    Element(key="name", title="材料名称", type="text", mandatory=True),
    Element(key="necessity", title="必要性", type="choice", vocabulary=NECESSITIES),
    Element(key="kind", title="材料类型", type="choice", vocabulary=MATERIAL_KINDS),
    Element(key="form", title="材料形式", type="choice", vocabulary=MATERIAL_FORMS),
    Element(key="originals", title="原件份数", type="integer"),
    Element(key="copies", title="复印件份数", type="integer"),
    Element(key="specification", title="规格", type="text"),
    Element(key="signature", title="签章要求", type="text"),
    Element(key="source", title="材料来源", type="choice", vocabulary=MATERIAL_SOURCES),
    Element(key="source_explanation", title="来源说明", type="text"),
    Element(key="issued_by", title="出具机构", type="text"),
    Element(key="issue_requirement", title="出具时间要求", type="text"),
    Element(key="situation", title="适用情形", type="text"),
    Element(key="basis", title="要求提供材料的依据", type="text"),
    Element(key="acceptance_standard", title="受理标准", type="text"),
    Element(key="filling_instructions", title="填报须知", type="text"),
    Element(key="blank_form", title="空白表格", type="text"),
    Element(key="sample", title="示例样表", type="text"),
    Element(key="shareable", title="是否可通过共享获取", type="boolean"),
    Element(key="online_verifiable", title="是否可网上核验", type="boolean"),
    Element(key="commitment", title="是否可告知承诺", type="boolean"),
    Element(key="notes", title="备注", type="text"),
)
