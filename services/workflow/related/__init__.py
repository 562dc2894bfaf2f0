"""Related work (相关工作): what departments put right once what is kept or dropped is public (TH-56)."""
