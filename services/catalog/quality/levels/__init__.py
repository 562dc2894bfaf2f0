"""How severe a region takes the validators: block, error, warn or off, as data."""
