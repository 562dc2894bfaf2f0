"""The register of mapping profiles and of the vocabularies they translate with."""
