"""What a service client may be allowed to do: the scopes there are (RFC 6749 section 3.3), with the terms people read.

A scope is added here together with the routes that require it (`Principal.require_scope`).
"""

from __future__ import annotations

SUBSCRIPTIONS = "subscriptions"
EXCHANGE = "exchange"

SCOPES = {
    SUBSCRIPTIONS: "订阅管理",  # the client's own subscriptions
    EXCHANGE: "平台回执",  # acknowledgements and rejections of a platform
}
