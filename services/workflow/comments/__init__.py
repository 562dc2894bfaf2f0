"""Public comment on a draft (公开征求意见; ZL-49): a period, an answer to each comment, a published summary."""
