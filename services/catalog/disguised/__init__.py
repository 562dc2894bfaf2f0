"""Disguised permits (变相许可): what looks like one, why, and what people say of it. Nothing here decides."""
