"""What the lead of a joint matter asks the others, who answer within a limit (并联审批; TH-18)."""
