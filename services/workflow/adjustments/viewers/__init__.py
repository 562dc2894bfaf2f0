"""Who may read which adjustments: a draft is nobody's business outside its region and the organs that take part."""
