"""Templates (模板) of administrations for guides, manuals and review rules: uploaded, checked, tried, inherited."""
