"""The calendar register (工作日历): which days are working days in a region, set by its administrator."""
