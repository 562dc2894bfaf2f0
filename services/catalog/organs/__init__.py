"""The register of organs: who may own items, who supervises whom."""
