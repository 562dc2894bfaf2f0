"""Business manuals (业务手册): one a permit, for those who handle it, from specification and responsibility entries."""
