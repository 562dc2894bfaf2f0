"""What a peer may be: addresses it may have, where its secret lies, who may say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from shared import problems
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.problems import FieldError

# Only files made for this purpose: no platform must ever be sent the password of a service.
CREDENTIAL = re.compile(r"^peer(\.[a-z0-9_-]{1,63}){1,2}$")
Network = IPv4Network | IPv6Network


def check_credential(name: str | None, code: str) -> None:
    """A secret belongs to one platform: whoever registers another cannot have it sent there.

    Raises
    ------
    problems.Invalid
    """
    if name is not None and name.split(".")[1] != code:
        wrong = f"凭证文件名应为 peer.{code} 或以 peer.{code}. 开头"
        raise problems.Invalid(
            wrong, code="bad_credential", errors=[FieldError("/credential", "bad_credential", wrong)]
        )


def check_url(url: str, allowed: Iterable[Network]) -> None:
    """A platform is reached by https under its name; an address, or plain http, only in networks that are allowed.

    Where a name leads is looked up and checked with every connection (shared/webhook/checked.py): here it would say
    nothing of tomorrow.

    Raises
    ------
    problems.Invalid
    """
    wrong = _wrong_url(url, list(allowed))
    if wrong:
        raise problems.Invalid(wrong, code="bad_url", errors=[FieldError("/base_url", "bad_url", wrong)])


def check_unaddressed(url: str, credential: str | None) -> None:
    """Where the platform is stands in the secret file of such a transport, with the password.

    Raises
    ------
    problems.Invalid
    """
    places = []
    if url:
        places.append(FieldError("/base_url", "not_addressed", "该传输方式的地址写在凭证文件中，此处请留空"))
    if credential is None:
        places.append(FieldError("/credential", "required", "该传输方式须指明凭证文件，文件内容为连接地址"))
    if places:
        raise problems.Invalid(places[0].message, errors=places)


def _wrong_url(url: str, allowed: Sequence[Network]) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "地址无法识别，请填写完整的 https 地址"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "地址应以 https:// 开头并写明主机名"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "地址中不应有账号、密码、查询参数或锚点；凭证请用密钥文件名指明"
    try:
        address = ip_address(host)
    except ValueError:
        if parts.scheme == "http" or host == "localhost" or host.endswith(".localhost"):
            return "请使用 https 地址；明文 http 只允许用于运维人员放行的网段（按 IP 地址填写）"
        return None
    if not any(address in network for network in allowed):
        return "该 IP 地址不在放行的网段内；请填写域名，或请运维人员在 QINGDAN_PEER_ALLOWED_NETWORKS 中放行"
    return None


def may_administer(principal: Principal, chains: Mapping[str, Sequence[str]]) -> bool:
    """Administrators of the nation, or of every region the peer takes lists of."""
    if principal.holds("administrator", region=[NATION]):
        return True
    return bool(chains) and all(principal.holds("administrator", region=chain) for chain in chains.values())


def may_read(principal: Principal, chains: Mapping[str, Sequence[str]]) -> bool:
    """Whoever administers the peer, and auditors of its regions."""
    audits = principal.holds("auditor", region=[NATION]) or (
        bool(chains) and all(principal.holds("auditor", region=chain) for chain in chains.values())
    )
    return audits or may_administer(principal, chains)
