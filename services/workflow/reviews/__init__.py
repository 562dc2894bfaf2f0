"""Reviews (好差评): what applicants thought of being served; each bad one is a complaint that has to be answered."""
