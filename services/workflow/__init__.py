"""The workflow service: adjustments, the procedures they pass, and the tasks they leave."""
