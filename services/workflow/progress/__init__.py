"""Progress of campaigns: counted from what the log says, per lead, organ, region, kind, phase and milestone (QX-53)."""
