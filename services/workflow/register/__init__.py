"""The register as the workflow reads it: regions, organs, lists and members, owned by the catalog."""
