"""Models of the import API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.catalog import fields
from services.catalog.fields import RegionText

# Text a person types: no NUL, nothing endless.
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Cell = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Transform = Literal[
    "text", "list", "materials", "base_code", "implementation_code", "handling_item", "organ", "levels", "integer",
    "boolean", "json", "basis", "vocabulary", "vocabulary_list", "limit", "constant", "sheet",
]  # fmt: skip
ElementType = Literal[
    "text", "code", "base_code", "implementation_code", "serial", "item_type", "level", "organ", "state", "audience",
    "choice", "choices", "boolean", "integer", "decimal", "date", "limit", "basis", "materials", "texts", "rows",
]  # fmt: skip
RuleId = Annotated[str, StringConstraints(pattern=r"^V\d{2}$")]


class ImportRequest(BaseModel):
    """What is to become of an uploaded file."""

    model_config = ConfigDict(extra="forbid")

    profile: Key = Field(
        description="Code of the mapping profile; `template` for the kind's own spreadsheet",
        examples=["guangdong_permits_2021"],
    )
    region_code: Annotated[RegionText, AfterValidator(fields.region)] = Field(
        description="Rows go to the lists of the kind in this region or below", examples=["440000000000"]
    )
    list_kind: Key | None = Field(
        default=None, description="May be left out when the profile is for one kind only", examples=["permit"]
    )
    dry_run: bool = Field(default=False, description="Stop after the difference; nothing is written to the lists")
    reason: Words = Field(description="Why; kept with every event", examples=["首次编制行政许可事项清单"])
    legal_basis: Words = Field(description="On what legal basis; kept with every event", examples=["国办发〔2022〕2号"])


class ImportCounts(BaseModel):
    """Rows by outcome."""

    rows: int = Field(examples=[510])
    added: int = Field(examples=[508])
    changed: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    rejected: int = Field(examples=[2])
    applied: int = Field(description="Rows that are in the lists", examples=[508])
    noted: int = Field(description="Rows with a remark, e.g. a defused formula", examples=[1])


class ImportRun(BaseModel):
    """One import: what was asked, and how far it is."""

    id: UUID
    state: str = Field(description="queued, running, succeeded, failed or cancelled", examples=["succeeded"])
    error: str | None
    list_kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440000000000"])
    profile: str = Field(examples=["guangdong_permits_2021"])
    profile_version: int = Field(examples=[1])
    file_name: str = Field(examples=["permits.csv"])
    dry_run: bool
    reason: str
    legal_basis: str
    encoding: str | None = Field(examples=["utf-8"])
    absent: list[str] | None = Field(description="Elements the file does not carry; they are left alone")
    counts: ImportCounts
    created_by: str
    created_at: datetime
    decided_at: datetime | None = Field(description="When the difference was complete")


class RowRemark(BaseModel):
    """Something about one cell."""

    column: str = Field(examples=["uscc"])
    code: str = Field(examples=["unknown_organ"])
    message: str = Field(examples=["统一社会信用代码未登记，请先在机构库中登记该实施主体"])


class ElementChange(BaseModel):
    """An element before and after."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Any = Field(alias="from")
    to: Any


class RowOutcome(BaseModel):
    """What becomes (or became) of one row of the file."""

    row: int = Field(description="As a spreadsheet counts: the header is row 1", examples=[2])
    outcome: Literal["added", "changed", "unchanged", "rejected"]
    applied: bool
    list_id: UUID | None
    item_id: UUID | None
    name: str | None = Field(examples=["建设项目环境影响报告表审批"])
    changes: dict[str, ElementChange] | None
    errors: list[RowRemark]
    notes: list[RowRemark]


class FormSpec(BaseModel):
    """How a cell is read by the type of its element, as in the product's own spreadsheets."""

    model_config = ConfigDict(extra="forbid")

    type: ElementType = Field(examples=["limit"])
    vocabulary: dict[Cell, Cell] = Field(default_factory=dict, max_length=500, description="Value -> its name")


class ColumnSpec(BaseModel):
    """One element and the column it comes from."""

    model_config = ConfigDict(extra="forbid")

    element: Key = Field(examples=["statutory_limit"])
    transform: Transform = Field(examples=["limit"])
    columns: list[Cell] = Field(default_factory=list, max_length=30, examples=[["法定时限", "法定办结时限"]])
    unit_column: Cell | None = Field(default=None, examples=["时限单位"])
    vocabulary: Key | None = Field(default=None, examples=["limit_unit"])
    separator: Annotated[str, StringConstraints(max_length=5, pattern=r"^[^\x00]*$")] = Field(
        default="", examples=["|"]
    )
    required: bool = False
    value: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] | bool | Whole | None = None
    form: FormSpec | None = Field(default=None, description="For `sheet`")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.transform == "constant":
            if self.value is None or self.columns:
                raise ValueError("固定值须给出 value，且不能有 columns")
        elif not self.columns:
            raise ValueError("须给出 columns（表头列名）")
        if self.transform in ("vocabulary", "vocabulary_list", "limit") and self.vocabulary is None:
            raise ValueError("须给出 vocabulary（对照表名称）")
        if (self.transform == "limit") != (self.unit_column is not None):
            raise ValueError("unit_column 只用于 limit，且 limit 必须有 unit_column")
        if self.transform == "vocabulary_list" and not self.separator:
            raise ValueError("须给出 separator（分隔符）")
        if (self.transform == "sheet") != (self.form is not None):
            raise ValueError("form 只用于 sheet，且 sheet 必须有 form")
        if self.transform == "sheet":
            return self
        if (self.transform == "organ") != (self.element == "implementing_body"):
            raise ValueError("organ 只用于 implementing_body，implementing_body 也只能用 organ")
        return self


class ProfileSpec(BaseModel):
    """A mapping profile as it is registered."""

    model_config = ConfigDict(extra="forbid")

    code: Key = Field(examples=["qingxian_permits"])
    title: Words = Field(examples=["青县行政许可事项表"])
    source: Key = Field(description="Whose values are translated", examples=["qingxian"])
    list_kinds: list[Key] = Field(min_length=1, max_length=20, examples=[["permit"]])
    target: Literal["organ", "root"] = Field(
        description="Whose list a row belongs to: the organ's region, or the region of the import"
    )
    rejecting: list[RuleId] = Field(default=["V02", "V03"], max_length=40, description="Rules that reject a row")
    sheet_names: list[Cell] = Field(
        default_factory=list, max_length=20,
        description="Sheets of a workbook to be read, the first there is; else the one whose heading says most",
    )  # fmt: skip
    columns: list[ColumnSpec] = Field(min_length=2, max_length=200)
    vocabulary: dict[Key, dict[Cell, Cell]] = Field(
        default_factory=dict,
        description="Translations of the source to add: vocabulary -> foreign value -> our value",
        examples=[{"limit_unit": {"工作日": "working_day"}}],
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        elements = [column.element for column in self.columns]
        doubled = sorted({element for element in elements if elements.count(element) > 1})
        if doubled:
            raise ValueError(f"要素重复：{'、'.join(doubled)}")
        required = {column.element for column in self.columns if column.required}
        needed = {"name"} | ({"implementing_body"} if self.target == "organ" else set())
        if needed - required:
            raise ValueError(f"以下要素必须映射且 required 为 true：{'、'.join(sorted(needed - required))}")
        return self


class RegisteredProfile(BaseModel):
    """A version of a mapping profile."""

    code: str
    version: int = Field(examples=[1])
    title: str
    source: str
    origin: Literal["built_in", "custom"]
    list_kinds: list[str]
    target: Literal["organ", "root"]
    rejecting: list[str]
    columns: list[ColumnSpec]
    created_by: str
    created_at: datetime
