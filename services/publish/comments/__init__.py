"""Public comment on drafts (公开征求意见; ZL-49): anybody reads, says something once, and reads the answer."""
