"""Models of the register of documents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.catalog.fields import Grounds, Note, RegionText, Strict, Words

_PLAIN = r"^[^\x00]*$"
Kind = Literal[
    "law", "regulation", "decision", "local_regulation", "provincial_rule", "department_rule", "normative",
    "organ_duties", "central_document", "provincial_document", "judicial_interpretation",
]  # fmt: skip
Status = Literal["in_force", "amended", "suspended", "void", "repealed"]
Act = Literal["amended", "suspended", "reinstated", "voided", "repealed"]
Subject = Literal["list", "deadline", "campaign"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=_PLAIN)]
# The longest of the real laws has some 110,000 characters.
FullText = Annotated[str, StringConstraints(max_length=300_000, pattern=_PLAIN)]
PartialDay = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Adoption(Strict):
    """The meeting that adopted a document, apart from its issue (HB-01)."""

    meeting: Words = Field(examples=["省政府第39次常务会议"])
    on: date | None = Field(default=None, alias="date", examples=["2014-11-27"])


class Attachment(Strict):
    """A file beside the text, by reference."""

    name: Words = Field(examples=["清单管理制度责任分工.docx"])
    reference: Words | None = Field(default=None, description="Where it is kept", examples=["archive:2017-0229-01"])
    sha256: Sha256 | None = Field(default=None, examples=["0" * 64])
    media_type: Words | None = Field(default=None, examples=["application/pdf"])
    missing: bool = Field(default=False, description="The document names it, but nobody has it")


class DocumentContent(Strict):
    """What a document is and says."""

    title: Title = Field(examples=["关于建立责任清单制度的实施方案"])
    number: Words | None = Field(default=None, description="文号", examples=["冀政办函〔2014〕100号"])
    kind: Kind = Field(examples=["normative"])
    issuer: Annotated[str, StringConstraints(max_length=500, pattern=_PLAIN)] = Field(
        default="", examples=["河北省人民政府办公厅"]
    )
    region_code: RegionText | None = Field(default=None, description="Empty: of the nation", examples=["130000"])
    addressees: list[Words] = Field(default_factory=list, max_length=200, description="主送")
    copied_to: list[Words] = Field(default_factory=list, max_length=200, description="抄送")
    adoption: Adoption | None = None
    approval: Words | None = Field(default=None, description="Whose approval it names", examples=["县政府"])
    issued: PartialDay | None = Field(default=None, description="Day, month or year", examples=["2017-06"])
    effective_from: date | None = Field(default=None, examples=["2014-12-02"])
    expires_on: date | None = Field(default=None, description="Last day", examples=["2030-12-31"])
    full_text: FullText | None = Field(default=None, examples=["第一条　为规范清单管理，制定本办法。"])
    attachments: list[Attachment] = Field(default_factory=list, max_length=100)
    based_on: list[Words] = Field(
        default_factory=list, max_length=100, description="依据: documents by title in 《》 and number",
        examples=[["《沧州市完善清单管理制度工作方案》（沧政办传〔2017〕229号）"]],
    )  # fmt: skip
    source: Words | None = Field(default=None, description="Where it was taken from", examples=["省政府公报"])
    verified: bool = Field(default=False, description="Compared with the official text")


class NewDocument(DocumentContent, Grounds):
    """A document to be registered."""

    clean: bool = Field(default=True, description="Make a mangled text readable and mask passwords")


class DocumentChange(DocumentContent, Grounds):
    """A document as it is to read from now on; status and articles have routes of their own."""


class StatusChange(Grounds):
    """What was done to a document, from when, and which document says so."""

    act: Act = Field(examples=["repealed"])
    from_day: date = Field(alias="from", examples=["2026-01-01"])
    by_document_id: UUID | None = Field(default=None, description="The document that says so", examples=[None])
    articles: list[Words] = Field(
        default_factory=list, max_length=500,
        description="Articles it is about; empty: the document as a whole", examples=[["第三十五条"]],
    )  # fmt: skip


class NewArticle(Strict):
    """An article and its text."""

    number: Words = Field(examples=["第三十五条"])
    content: Note = Field(examples=["国家对食品生产经营实行许可制度。"])


class Articles(Grounds):
    """All articles of a document, in its order."""

    items: list[NewArticle] = Field(max_length=2_000)


class Article(BaseModel):
    """An article of a document."""

    article: str = Field(description="Comparable form", examples=["35"])
    number: str = Field(examples=["第三十五条"])
    content: str
    status: str = Field(description="in_force, amended or repealed", examples=["in_force"])
    status_from: date | None
    place: int = Field(examples=[1])


class Relation(BaseModel):
    """What a document says of another one."""

    type: str = Field(description="based_on, amends, suspends, voids or repeals", examples=["based_on"])
    cited: str = Field(examples=["《沧州市完善清单管理制度工作方案》（沧政办传〔2017〕229号）"])
    target_id: UUID | None = Field(description="The registered document; null while it is not registered")
    title: str | None
    number: str | None
    status: str | None


class DocumentRow(BaseModel):
    """A document without its text."""

    id: UUID
    title: str = Field(examples=["关于建立责任清单制度的实施方案"])
    number: str | None = Field(examples=["冀政办函〔2014〕100号"])
    agency: str | None = Field(description="机关代字", examples=["冀政办函"])
    year: int | None = Field(examples=[2014])
    serial: int | None = Field(examples=[100])
    kind: str = Field(examples=["normative"])
    issuer: str
    region_code: str | None
    addressees: list[str]
    copied_to: list[str]
    adoption: dict[str, Any] | None
    approval: str | None
    issued: str | None = Field(description="With what is known of it", examples=["2017-06"])
    effective_from: date | None
    expires_on: date | None
    attachments: list[dict[str, Any]]
    status: str = Field(examples=["in_force"])
    status_title: str = Field(examples=["现行有效"])
    status_from: date | None
    status_by: UUID | None
    source: str
    verified: bool
    version: int


class Document(DocumentRow):
    """A document with its text and its relations."""

    full_text: str | None
    relations: list[Relation]


class DocumentVersion(BaseModel):
    """What the register said of a document, from when, by whom and why."""

    number: int = Field(examples=[1])
    operation: str = Field(examples=["registered"])
    actor: str
    reason: str | None
    legal_basis: str | None
    recorded_at: datetime
    content: dict[str, Any]


class ChainLink(BaseModel):
    """A document in the chain of what rests on what."""

    depth: int = Field(description="0 is the document asked about", examples=[1])
    via: UUID | None = Field(description="The document nearer to it that names this one")
    id: UUID
    title: str
    number: str | None
    kind: str
    issuer: str
    region_code: str | None
    level: str | None = Field(description="Level of its region", examples=["city"])
    status: str
    issued: str | None


class NewLink(Grounds):
    """Something that rests on a document or is told by it."""

    subject: Subject = Field(examples=["list"])
    subject_id: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z._:-]+$")] = Field(
        description="Id of the list, code of the deadline rule or id of the campaign",
        examples=["0190a1f0-0000-7000-8000-000000000001"],
    )
    purpose: Literal["basis", "notice", "decision", "plan"] = Field(default="basis", examples=["basis"])


class Link(BaseModel):
    """A link between a document and what rests on it."""

    document_id: UUID
    subject: str = Field(examples=["list"])
    subject_id: str = Field(examples=["0190a1f0-0000-7000-8000-000000000001"])
    purpose: str = Field(examples=["basis"])
    created_at: datetime
    created_by: str
    title: str
    number: str | None
    status: str


class Resting(BaseModel):
    """A place in an entry that cites a document."""

    item_id: UUID
    name: str = Field(examples=["食品经营许可"])
    list_id: UUID
    list_title: str
    list_kind: str = Field(examples=["permit"])
    region_code: str
    region_name: str
    organ_id: UUID | None
    organ_name: str | None
    state: str
    element: str = Field(examples=["basis"])
    path: str = Field(description="JSON pointer into the entry's elements", examples=["/basis/0"])
    cited: str = Field(examples=["中华人民共和国食品安全法"])
    article: str | None = Field(description="Comparable form; null: the document as a whole", examples=["35"])
    use: str | None = Field(description="set, implement or supervise", examples=["set"])
    place: int


class NewBasisCheck(Strict):
    """Whose entries are to be looked at."""

    region_code: RegionText = Field(description="This region and all below it", examples=["130922"])


class RawText(Strict):
    """A text as it was found."""

    text: FullText = Field(min_length=1, examples=["冀政辦函〔2014〕100號\n各設(shè)區(qū)市人民政府:"])


class Reading(BaseModel):
    """The readable text, what was done to it, and what it says about itself, to be checked and registered."""

    text: str = Field(examples=["冀政办函〔2014〕100号\n各设区市人民政府："])
    converted: int = Field(description="Traditional glyphs written in their simplified form", examples=[12])
    readings: int = Field(description="Readings taken out")
    masked: int = Field(description="Passwords masked")
    dropped: list[str] = Field(description="Lines of the site")
    proposed: dict[str, Any] = Field(description="Fields of a document, as far as the text gives them")
