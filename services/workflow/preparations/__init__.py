"""What prepares a decision: confirmation, assessment, hearing, joint consultation, report to the superior."""
