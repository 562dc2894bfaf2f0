"""The public portal: reads without login."""
