"""What a service client may be allowed to do: the scopes there are (RFC 6749 section 3.3), with the terms people read.

A scope is added here together with the routes that require it (`Principal.require_scope`).
"""

from __future__ import annotations

SUBSCRIPTIONS = "subscriptions"
SUBSCRIPTIONS_READ = "subscriptions.read"

SCOPES = {
    SUBSCRIPTIONS: "订阅管理",  # the client's own subscriptions
    SUBSCRIPTIONS_READ: "订阅查看",  # read them, their events and their delivery log, and change nothing
}
