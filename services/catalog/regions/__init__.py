"""The register of regions: the tree in which lists, roles and superiors are found."""
