"""The catalogue of a superior, pulled entry by entry."""
