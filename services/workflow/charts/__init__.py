"""Charts (图表): figures of campaigns, claims and review steps, as JSON and drawn from the same figures as SVG."""
