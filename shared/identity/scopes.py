"""What a service client may be allowed to do: the scopes there are (RFC 6749 section 3.3), with the terms people read.

A scope is added here together with the routes that require it (`Principal.require_scope`).
"""

from __future__ import annotations

SUBSCRIPTIONS = "subscriptions"
SUBSCRIPTIONS_READ = "subscriptions.read"
HANDLING_RECORDS = "handling_records"
COMPLAINTS = "complaints"
SIGNED_API = "signed_api"
ITEM_LIBRARY = "item_library"

SCOPES = {
    SUBSCRIPTIONS: "订阅管理",  # the client's own subscriptions
    SUBSCRIPTIONS_READ: "订阅查看",  # read them, their events and their delivery log, and change nothing
    HANDLING_RECORDS: "办件报送",  # tell of handling records, and read the client's own with their warnings
    SIGNED_API: "签名接口",  # requests signed with an appKey: public reads, and a platform's word on our rows
    COMPLAINTS: "投诉举报转办",  # hand on what a hotline or a review system has received, and read the answers
    ITEM_LIBRARY: "事项库读取",  # what is public, in the shape and at the pace of an item library
}
