"""Reports in a campaign: monthly ones that open by themselves (月报), and major problems reported at once."""
