"""The register of normative documents: what they say, whether they hold, and which entries rest on them."""
