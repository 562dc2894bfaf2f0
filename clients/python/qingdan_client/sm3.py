"""SM3 (GB/T 32905-2016) and HMAC with it, for where the system's OpenSSL has none. Pure."""

from __future__ import annotations

import hashlib
import hmac

BLOCK = 64
_START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
_MASK = 0xFFFFFFFF


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """HMAC (RFC 2104) with SM3."""
    if "sm3" in hashlib.algorithms_available:
        return hmac.digest(key, message, "sm3")
    return hmac_of_digest(key, message)


def hmac_of_digest(key: bytes, message: bytes) -> bytes:
    """The same with the digest below."""
    padded = (digest(key) if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner = digest(bytes(byte ^ 0x36 for byte in padded) + message)
    return digest(bytes(byte ^ 0x5C for byte in padded) + inner)


def digest(message: bytes) -> bytes:
    """SM3 of a message, 32 bytes."""
    length = len(message) * 8
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % BLOCK) + length.to_bytes(8, "big")
    state: tuple[int, ...] = _START
    for at in range(0, len(padded), BLOCK):
        state = _compressed(state, padded[at : at + BLOCK])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _compressed(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = [int.from_bytes(block[at : at + 4], "big") for at in range(0, BLOCK, 4)]
    for j in range(16, 68):
        mixed = words[j - 16] ^ words[j - 9] ^ _turned(words[j - 3], 15)
        mixed ^= _turned(mixed, 15) ^ _turned(mixed, 23)
        words.append(mixed ^ _turned(words[j - 13], 7) ^ words[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        turned = _turned(a, 12)
        first = _turned((turned + e + _turned(constant, j % 32)) & _MASK, 7)
        second = first ^ turned
        chosen = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        picked = e ^ f ^ g if j < 16 else (e & f) | (~e & _MASK & g)
        t1 = (chosen + d + second + (words[j] ^ words[j + 4])) & _MASK
        t2 = (picked + h + first + words[j]) & _MASK
        a, b, c, d = t1, a, _turned(b, 9), c
        e, f, g, h = t2 ^ _turned(t2, 9) ^ _turned(t2, 17), e, _turned(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def _turned(word: int, places: int) -> int:
    places %= 32
    return ((word << places) | (word >> (32 - places))) & _MASK
