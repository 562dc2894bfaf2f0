"""Word templates of an administration (docxtpl, Jinja), filled where they can do nothing but read the data they get.

No attribute of any object can be reached, nothing can be called, nothing multiplied: a template prints fields, loops
over rows and chooses. What it may cost is bounded by the process it is filled in (`press`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage  # type: ignore[import-untyped]
from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.paper import fields
from shared.paper.refused import Refused
from shared.paper.word import settled

# A template with a crest in it has some hundred kilobytes; unpacked it is text.
MOST_PARTS, LARGEST_PART, LARGEST_UNPACKED = 300, 8 * 2**20, 32 * 2**20
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex"})
_FILTERS = ("default", "d", "join", "length", "count", "upper", "lower", "trim", "first", "last", "escape", "e")
_TESTS = ("defined", "undefined", "none", "odd", "even", "equalto", "eq", "==", "string", "number", "sequence")
_CHART = "chart"


class _Environment(ImmutableSandboxedEnvironment):
    """Reads keys of mappings, places of lists and what a loop knows of itself; no more."""

    intercepted_binops = frozenset({"*", "**", "%", "/", "//", "+", "-"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {name: self.tests[name] for name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping; of a loop what it counts."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key of a mapping, a place of a list; nothing of anything else."""
        known = isinstance(obj, Mapping) and isinstance(argument, str)
        if (known and argument in obj) or (isinstance(obj, list) and isinstance(argument, int)):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(obj=obj, name=argument)
        if isinstance(obj, Undefined):
            return obj
        return self.undefined(obj=None, name=str(argument))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """None is."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is called."""
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """A template does not calculate: `"a" * 10 ** 9` is not the size of a guide."""
        raise SecurityError(f"operator {operator} is not available in templates")

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        """See `call_binop`."""
        raise SecurityError(f"operator {operator} is not available in templates")


def check_package(content: bytes) -> None:
    """Bounds what is unpacked, before anything is. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise Refused("not_of_format", "模板不是 DOCX 文件") from None
    too_much = len(parts) > MOST_PARTS or any(part.file_size > LARGEST_PART for part in parts)
    if too_much or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Refused("too_much_inside", "模板展开后过大，请精简后上传")


def check_fields(content: bytes, sample: Mapping[str, Any]) -> None:
    """Refuse a template that names what the data does not have. Raises Refused with the names."""
    check_package(content)
    template = _opened(content)
    parts = [template.get_xml()]
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        parts += [template.get_part_xml(part) for _, part in template.get_headers_footers(uri)]
    environment = _Environment()
    try:
        parsed = [environment.parse(template.patch_xml(part)) for part in parts]
    except (TemplateError, RecursionError) as error:
        raise Refused("template_syntax", f"模板语法有误：{str(error)[:200]}") from None
    names = dict.fromkeys(name for one in parsed for name in fields.unknown(one, {**sample, _CHART: ""}))
    if names:
        raise Refused("unknown_field", f"模板引用了不存在的字段：{'、'.join(list(names)[:20])}")


def filled(content: bytes, data: Mapping[str, Any], chart: bytes | None) -> bytes:
    """The document a template makes of the data. Raises Refused with what the template did."""
    check_package(content)
    template = _opened(content)
    picture = InlineImage(template, io.BytesIO(chart), width=Cm(14)) if chart else ""
    try:
        template.render({**data, _CHART: picture}, jinja_env=_Environment(), autoescape=True)
        return settled(template.docx)
    except Exception as error:  # what a template makes of the XML fails in all ways its readers know
        raise Refused("template_failed", f"模板无法生成文件：{str(error)[:200]}") from None


def _opened(content: bytes) -> Any:
    template = DocxTemplate(io.BytesIO(content))
    try:
        template.init_docx()
    except Exception:  # whatever the libraries below say of a broken package
        raise Refused("not_of_format", "模板不是完整的 DOCX 文件") from None
    return template
