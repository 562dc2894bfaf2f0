"""appKeys: systems that sign their requests, registered by administrators; each request is good once."""
