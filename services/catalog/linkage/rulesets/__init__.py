"""Rule sets: saved with checks, adopted for an instant, immutable afterwards."""
