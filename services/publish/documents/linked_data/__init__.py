"""The catalogue as linked data (CPSV-AP 3.2 in JSON-LD), for portals that gather services of many administrations."""
