"""The message backbone in the AsyncAPI document: the server, its two patterns of subjects, what is on them. Pure.

What is told here of subjects, headers and bodies is made by `services.publish.backbone.rules`; a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.publish.backbone.rules import CONTROL, EPOCH, MEDIA_TYPE, SEQUENCE
from services.publish.events.samples import sample
from services.publish.subscriptions import registry

Json = dict[str, Any]

_VERSION = "0.1.0"  # of the binding of NATS
SERVERS: Json = {
    "backbone": {
        "host": "{servers}",
        "protocol": "nats",
        "description": "NATS with JetStream, of the organisation's own; the stream `QINGDAN` unless set. With tls:// as"
        " well as nats://",
        "variables": {"servers": {"default": "nats.example:4222", "description": "Name and port of one of them"}},
        "tags": [{"name": "optional", "description": "Where the installation has a message backbone"}],
    }
}
_PREFIX: Json = {"description": "What all subjects begin with", "default": "qingdan", "examples": ["qingdan"]}
_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_HEADERS: Json = {
    "type": "object",
    "properties": {
        "Nats-Msg-Id": {
            "type": "string", "examples": [_ID], "pattern": "^[0-9a-f-]{36}([.][0-9a-f-]{36})?$",
            "description": "`id` of the event; after a restore of our database followed by `.` and the new epoch",
        },
        "Content-Type": {"const": MEDIA_TYPE},
        SEQUENCE: {"type": "string", "pattern": "^[0-9]+$", "examples": ["42"], "description": "Number in the feed"},
        EPOCH: {"type": "string", "format": "uuid", "description": "Of our log, under which that number counts"},
    },
    "required": ["Nats-Msg-Id", "Content-Type", SEQUENCE, EPOCH],
}  # fmt: skip
CHANNELS: Json = {
    "stream": {
        "address": "{prefix}.{region}.{kind}.{about}",
        "title": "The stream of the message backbone",
        "description": "Each entry of the public feed is one message, in the order of the feed and once. A `*` stands"
        " for any token: `qingdan.440100000000.permit.*` are the permits of a city. When an entry is withdrawn its"
        " older messages are purged.",
        "servers": [{"$ref": "#/servers/backbone"}],
        "parameters": {
            "prefix": _PREFIX,
            "region": {"description": "Code of the list's region", "examples": ["440100000000"]},
            "kind": {"description": "Kind of the list", "examples": ["permit"]},
            "about": {"description": "Id of the entry, or of the list for what concerns all of it", "examples": [_ID]},
        },
        "messages": {"streamed": {"$ref": "#/components/messages/streamed"}},
    },
    "stream_control": {
        "address": f"{{prefix}}.{CONTROL}.feed.resync",
        "title": "What concerns the stream as a whole",
        "servers": [{"$ref": "#/servers/backbone"}],
        "parameters": {"prefix": _PREFIX},
        "messages": {"stream_resync": {"$ref": "#/components/messages/stream_resync"}},
    },
}


def _operation(channel: str, summary: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "bindings": {"nats": {"bindingVersion": _VERSION}},
    }


OPERATIONS: Json = {
    "stream_event": _operation("stream", "An entry of the feed is written to the stream"),
    "stream_resync": _operation("stream_control", "Readers are told that our database was restored"),
}


def referred(types: Sequence[str]) -> Json:
    """Schema of an event that the servers would refuse for its size: where its content is read stands for it."""
    place = {
        "type": "string", "format": "uri-reference", "examples": [f"/publish/v1/items/{_ID}"],
        "description": "Where the content is read (CloudEvents extension)",
    }  # fmt: skip
    own = {
        "properties": {"type": {"enum": list(types)}, "dataref": place},
        "required": ["dataref"],
        "not": {"required": ["data"]},
    }
    return {"allOf": [{"$ref": "#/components/schemas/envelope"}, own]}


def messages(public: Sequence[str], examples: Mapping[str, Json]) -> Json:
    """The messages of the stream.

    Parameters
    ----------
    public : names of the types of event that the feed has.
    examples : an event of each type.
    """
    told = [*public, "referred"]
    return {
        "streamed": {
            "name": "streamed",
            "title": "消息总线中的变更",
            "summary": "An event of the feed; one too large for the servers comes without `data` and with `dataref`",
            "contentType": MEDIA_TYPE,
            "headers": _HEADERS,
            "payload": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in told]},
            "examples": [{"name": "streamed", "headers": sample(_HEADERS), "payload": examples[public[0]]}],
        },
        "stream_resync": {
            "name": "stream_resync",
            "title": "消息总线重新对齐",
            "summary": "Numbers after `last_valid_sequence` are void: read the lists again and go on behind this",
            "contentType": MEDIA_TYPE,
            "headers": _HEADERS,
            "payload": {"$ref": f"#/components/schemas/{registry.RESYNC}"},
            "examples": [{"name": "stream_resync", "headers": sample(_HEADERS), "payload": examples[registry.RESYNC]}],
        },
    }
