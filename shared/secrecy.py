"""Why something is not public, and what may not even be kept where the internet reaches (涉密不上网). Pure.

Publicity is the norm (HB-33). What is withheld names one of the grounds of the notices (HB-34: state secrets, state
security; TH-25: state secrets, trade secrets, privacy). The ordinance on government information has the same ones in
articles 14 and 15, and internal affairs in article 16, which withholds elements and never a whole matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ELEMENT = "withheld_because"
TITLE = "不公开理由"
# Grounds for an entry.
OF_ENTRIES: Mapping[str, str] = {
    "state_secret": "国家秘密",
    "state_security": "国家安全",
    "trade_secret": "商业秘密",
    "privacy": "个人隐私",
}
# Grounds for an element of a kind.
OF_ELEMENTS: Mapping[str, str] = {**OF_ENTRIES, "internal_affairs": "内部事务信息"}
# What a network that leads to the internet must not hold at all.
NEVER_ONLINE = frozenset({"state_secret", "state_security"})
REFUSED_CODE = "secret_on_the_internet"
REFUSED = "本系统与互联网相连，涉及国家秘密、国家安全的内容不得录入（涉密不上网），请在涉密系统中办理；本次内容未保存"


def refused_at_entry(elements: Mapping[str, Any], *, internet_facing: bool) -> bool:
    """Whether an entry is marked as something this installation must not keep."""
    reason = elements.get(ELEMENT)
    return internet_facing and isinstance(reason, str) and reason in NEVER_ONLINE
