"""What a channel may be: kinds, how copies reach it, addresses it may have, who may say so. Pure.

The kinds are those of the notices: government and department websites, gazette, press conference, notice board, service
window, newspaper, radio, television (HB-35), service hall (QX-40), WeChat and microblog (ZL-36), open data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit
from uuid import UUID

from shared import problems
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.problems import FieldError
from shared.webhook import addresses

Network = IPv4Network | IPv6Network
# Only files made for this purpose: no channel must ever be sent the password of a service.
CREDENTIAL = re.compile(r"^channel\.[a-z][a-z0-9_-]{0,62}$")
LIST = "{list_id}"
_MINUTES, _DAYS = 60, 86_400


@dataclass(frozen=True)
class Kind:
    """A kind of channel.

    Attributes
    ----------
    formats : copies it can show; the first unless another is chosen.
    delivery : how copies usually reach it.
    window : seconds within which it usually has to show a new revision. Figures of ours: the notices ask for timely
        publication (QX-40) and name no limit, so a machine gets minutes and people get the days their medium needs.
    """

    title: str
    formats: tuple[str, ...]
    delivery: str
    window: int


_PRESS = ("press.txt", "press.docx")
KINDS: Mapping[str, Kind] = {
    "portal": Kind("政府门户网站", ("data.json", "sheet.html"), "pull", 10 * _MINUTES),
    "department_site": Kind("部门网站", ("data.json", "sheet.html"), "pull", 10 * _MINUTES),
    "hall": Kind("政务服务大厅", ("kiosk.json", "sheet.html", "sheet.pdf"), "pull", 10 * _MINUTES),
    "service_window": Kind("服务窗口", ("sheet.html", "sheet.pdf"), "post", 1 * _DAYS),
    "wechat": Kind("微信公众平台", ("article.html", "article.txt"), "post", 1 * _DAYS),
    "microblog": Kind("政务微博", ("posts.txt",), "post", 1 * _DAYS),
    "gazette": Kind("政府公报", ("gazette.txt", "gazette.docx"), "post", 31 * _DAYS),
    "notice_board": Kind("公告栏", ("sheet.html", "sheet.pdf"), "post", 5 * _DAYS),
    "press_conference": Kind("新闻发布会", _PRESS, "post", 7 * _DAYS),
    "newspaper": Kind("报刊", _PRESS, "post", 7 * _DAYS),
    "radio": Kind("广播", _PRESS, "post", 7 * _DAYS),
    "television": Kind("电视", _PRESS, "post", 7 * _DAYS),
    "open_data": Kind("数据开放平台", ("bulk.jsonl", "bulk.csv"), "put", 30 * _MINUTES),
}
# Each takes a process of its own to make.
PAPERS = (".pdf", ".docx")
# Checked with the hash of the whole list.
BULK = ("bulk.jsonl", "bulk.csv", "checksums.txt")
STATES = {"active": "使用中", "paused": "已暂停"}
# Who can tend a channel; `reviewer` and `list_authority` are the offices that publish for a government (ZL-35).
ROLES = ("list_authority", "reviewer", "compiler", "principal")


def check_credential(name: str | None, code: str) -> None:
    """A secret belongs to one channel: whoever registers another cannot have it sent there. Raises Invalid."""
    if name is not None and name != f"channel.{code}":
        _refuse("/credential", "bad_credential", f"凭证文件名应为 channel.{code}")


def check_format(kind: str, format_: str, delivery: str) -> None:
    """A channel shows a copy of those made for its kind; papers are not made for whoever reads them. Raises Invalid."""
    known = KINDS[kind]
    if delivery == "pull" and format_.endswith(PAPERS):
        _refuse("/format", "bad_format", "由渠道读取的副本不能是 PDF 或 DOCX，请改用网页、数据或由人员发布")
    if format_ not in known.formats:
        _refuse("/format", "bad_format", f"“{known.title}”可选用的副本格式：{'、'.join(known.formats)}")


def check_unit(shows: str, organ_id: UUID | None, format_: str) -> None:
    """A unit's own channel names the unit; bulk files of a part are the unit's open data. Raises Invalid."""
    if shows == "unit" and organ_id is None:
        _refuse("/organ_id", "required", "只展示本单位清单的渠道，请填写单位")
    if shows == "unit" and format_ in BULK:
        _refuse("/format", "bad_format", "本单位的开放数据请读取 units/{unit}/open-data，开放数据副本只有汇总清单")


def check_ways(delivery: str, *, put_url: str | None, read_url: str | None, credential: str | None, kinds: int) -> None:
    """What is sent needs an address, and what no person confirms must be readable; `kinds` of list are shown there.

    Raises
    ------
    problems.Invalid
    """
    if delivery == "put" and not put_url:
        _refuse("/put_url", "required", "由本系统推送的渠道，请填写推送地址")
    if delivery != "put" and put_url:
        _refuse("/put_url", "not_wanted", "只有由本系统推送的渠道才填写推送地址")
    if delivery != "post" and not read_url:
        _refuse("/read_url", "required", "请填写可以读回副本的地址，否则无法核对渠道实际展示的内容")
    if delivery != "put" and credential:
        _refuse("/credential", "not_wanted", "只有由本系统推送的渠道才使用凭证")
    for name, url in (("put_url", put_url), ("read_url", read_url)):
        if url and LIST not in url and kinds != 1:
            _refuse(f"/{name}", "list_missing", f"渠道展示多份清单，地址中清单标识的位置请写 {LIST}")


def check_url(pointer: str, url: str | None, allowed: Iterable[Network]) -> None:
    """An address of https under a name, or one in a network that is allowed; `{list_id}` may stand in its path.

    Names are looked up when connecting, and what they lead to is checked then. Raises Invalid.
    """
    wrong = _wrong_url(url, list(allowed)) if url is not None else None
    if wrong:
        _refuse(pointer, "bad_url", wrong)


def _wrong_url(url: str, allowed: Sequence[Network]) -> str | None:
    try:
        parts = urlsplit(url.replace(LIST, str(UUID(int=0))))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "地址无法识别，请填写完整的 https 地址"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "地址应以 https:// 开头并写明主机名"
    if parts.username or parts.password or parts.fragment or "{" in url.replace(LIST, ""):
        return f"地址中不应有账号、密码或锚点；清单标识的位置请写 {LIST}"
    address = addresses.literal(host)
    if address is None and (parts.scheme == "http" or host == "localhost" or host.endswith(".localhost")):
        return "请使用 https 地址；明文 http 只允许用于运维人员放行的网段（按 IP 地址填写）"
    if address is not None and not addresses.is_listed(address, allowed):
        return "该 IP 地址不在放行的网段内；请填写域名，或请运维人员在 QINGDAN_CHANNEL_ALLOWED_NETWORKS 中放行"
    return None


def address_of(url: str, list_id: UUID) -> str:
    """The address of one list's copy."""
    return url.replace(LIST, str(list_id))


def may_administer(who: Principal, chain: Sequence[str]) -> bool:
    """Administrators of the region or above."""
    return who.holds("administrator", region=chain) or who.holds("administrator", region=[NATION])


def may_tend(who: Principal, chain: Sequence[str], role: str, organ_id: UUID | None) -> bool:
    """Whoever does what a channel needs, and the region's administrators."""
    return who.holds(role, region=chain, organ_id=organ_id) or may_administer(who, chain)


def may_read(who: Principal, chain: Sequence[str]) -> bool:
    """Whoever works in the region: that a copy is wrong is no secret among those who publish."""
    return any(grant.region_code in (NATION, *chain) for grant in who.grants)


def _refuse(pointer: str, code: str, message: str) -> None:
    raise problems.Invalid(f"{message}。", code=code, errors=[FieldError(pointer, code, message)])
