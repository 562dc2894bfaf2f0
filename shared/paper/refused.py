"""Why a paper was not made: a template asks for what there is not, or does what it may not."""

from __future__ import annotations


class Refused(Exception):
    """`code` is stable, the message is Chinese and for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
