"""Models of the seals."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_HASH = "3b1f6f0a5c1d4d0b8a2e7c9d6f3e1a0b5c4d7e8f9a0b1c2d3e4f5a6b7c8d9e0f"


class Seal(BaseModel):
    """A signed statement of what the event log held (docs/seals.md)."""

    model_config = ConfigDict(populate_by_name=True)

    number: int = Field(examples=[1440])
    epoch: UUID = Field(description="Of the log; a restore to an earlier point begins another")
    from_position: int = Field(alias="from", description="First sealed position", examples=[120_001])
    to_position: int = Field(alias="to", description="Last sealed position", examples=[120_240])
    hash: str = Field(description="SHA-256, hexadecimal", examples=[_HASH])
    previous: str = Field(description="Hash of the seal before", examples=[_HASH])
    sealed_at: str = Field(description="UTC, to the microsecond", examples=["2026-03-02T08:00:00.000000Z"])
    key: str = Field(description="Which key signed", examples=["9f86d081884c7d65"])
    signature: str = Field(description="Ed25519 over the other fields as sorted JSON, hexadecimal")


class SealKey(BaseModel):
    """The key that signatures of seals are verified with."""

    key: str = Field(description="Name of the key", examples=["9f86d081884c7d65"])
    algorithm: str = Field(examples=["Ed25519"])
    public_key: str = Field(description="PEM (SubjectPublicKeyInfo)")
