"""What a validation error of the framework means to the person who filled in the form, in Chinese. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段，请删除或检查拼写",
    "json_invalid": "不是有效的 JSON",
    "json_type": "应为 JSON 文本",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符，应符合 {pattern}",
    "string_unicode": "含有不完整的字符，请检查编码",
    "bytes_type": "应为文件或字节内容",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "整数过大",
    "float_type": "应为数值",
    "float_parsing": "应为数值",
    "finite_number": "应为有限数值",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "none_required": "应为空（null）",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "uuid_type": "应为 UUID，例如 01890a5d-ac96-774b-bcce-b302099a8057",
    "uuid_parsing": "应为 UUID，例如 01890a5d-ac96-774b-bcce-b302099a8057",
    "date_type": "应为日期，例如 2026-03-02",
    "date_parsing": "应为日期，例如 2026-03-02",
    "date_from_datetime_parsing": "应为日期，例如 2026-03-02",
    "date_from_datetime_inexact": "应为日期，不带时间，例如 2026-03-02",
    "datetime_type": "应为带时区的日期时间，例如 2026-03-02T09:00:00+08:00",
    "datetime_parsing": "应为带时区的日期时间，例如 2026-03-02T09:00:00+08:00",
    "datetime_from_date_parsing": "应为带时区的日期时间，例如 2026-03-02T09:00:00+08:00",
    "datetime_object_invalid": "应为带时区的日期时间，例如 2026-03-02T09:00:00+08:00",
    "timezone_aware": "日期时间须带时区，例如 2026-03-02T09:00:00+08:00",
    "list_type": "应为数组",
    "tuple_type": "应为数组",
    "set_type": "应为数组",
    "frozen_set_type": "应为数组",
    "dict_type": "应为对象",
    "mapping_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "literal_error": "取值不在允许范围内，可用：{expected}",
    "enum": "取值不在允许范围内，可用：{expected}",
    "union_tag_invalid": "类别不在允许范围内",
    "union_tag_not_found": "缺少类别",
}
_ANY = "格式或取值有误，请对照接口说明修改"
# A list of allowed values longer than this helps nobody in a message.
_LONGEST = 300


def message(kind: str, context: Mapping[str, Any]) -> str:
    """The message for an error of a kind (`string_too_long`) with its context (`{"max_length": 500}`).

    An error that a validator of ours raised says what it says; one we do not know says where to look. Of a field that
    nobody knows, `{"known": […]}` are those there are.
    """
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error") or _ANY)
    if kind == "extra_forbidden" and context.get("known"):
        there_are = f"不认识的字段；可用的字段：{'、'.join(context['known'])}"
        return there_are if len(there_are) <= _LONGEST else _TEXTS[kind]
    try:
        found = _TEXTS.get(kind, _ANY).format_map(dict(context))
    except KeyError:
        return _ANY
    found = found.replace(" or ", "、").replace("', '", "、").replace("'", "")
    return found if len(found) <= _LONGEST else _ANY
