"""SM3 after GB/T 32905-2016, written out: the simulated platform computes signatures by itself."""

from __future__ import annotations

from collections.abc import Callable

_MASK = 0xFFFFFFFF
_INITIAL = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
BLOCK = 64


def sm3(message: bytes) -> bytes:
    """The digest of a message, 32 bytes."""
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % BLOCK) + (8 * len(message)).to_bytes(8, "big")
    state: tuple[int, ...] = _INITIAL
    for start in range(0, len(padded), BLOCK):
        state = _compressed(state, padded[start : start + BLOCK])
    return b"".join(word.to_bytes(4, "big") for word in state)


def hmac(digest: Callable[[bytes], bytes], secret: bytes, message: bytes) -> bytes:
    """HMAC (RFC 2104) over a digest with blocks of 64 bytes, as SM3 and SHA-256 have."""
    key = (digest(secret) if len(secret) > BLOCK else secret).ljust(BLOCK, b"\0")
    inner = digest(bytes(byte ^ 0x36 for byte in key) + message)
    return digest(bytes(byte ^ 0x5C for byte in key) + inner)


def _left(word: int, bits: int) -> int:
    bits %= 32
    return ((word << bits) | (word >> (32 - bits))) & _MASK


def _expanded(block: bytes) -> list[int]:
    words = [int.from_bytes(block[place : place + 4], "big") for place in range(0, BLOCK, 4)]
    for j in range(16, 68):
        mixed = words[j - 16] ^ words[j - 9] ^ _left(words[j - 3], 15)
        words.append(mixed ^ _left(mixed, 15) ^ _left(mixed, 23) ^ _left(words[j - 13], 7) ^ words[j - 6])
    return words


def _compressed(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = _expanded(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        first = j < 16
        ss1 = _left((_left(a, 12) + e + _left(0x79CC4519 if first else 0x7A879D8A, j)) & _MASK, 7)
        ff = a ^ b ^ c if first else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if first else (e & f) | (~e & _MASK & g)
        tt1 = (ff + d + (ss1 ^ _left(a, 12)) + (words[j] ^ words[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + words[j]) & _MASK
        a, b, c, d = tt1, a, _left(b, 9), c
        e, f, g, h = tt2 ^ _left(tt2, 9) ^ _left(tt2, 17), e, _left(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True))
