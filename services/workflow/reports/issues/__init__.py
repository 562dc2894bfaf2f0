"""The issue log (问题台账): major problems of campaigns and of daily work, who has to solve them by when, and how."""
