"""What rows of materials say in codes, and how people read it (GB/T 39046-2020 table 4, items 56-64)."""

from __future__ import annotations

NECESSITIES = {"required": "必要", "optional": "非必要", "deferrable": "容缺后补"}
MATERIAL_FORMS = {"paper": "纸质", "electronic": "电子化", "both": "纸质或电子化"}
MATERIAL_SOURCES = {"applicant": "申请人自备", "government": "政府部门核发", "other": "其他"}
