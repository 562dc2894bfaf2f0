"""Why an adjustment becomes necessary (调整情形): what each cause must name, and what it asks to be changed."""
