"""Surveys of satisfaction (社会满意度调查): twice a year, with method, sample, score and file; missing ones show."""
