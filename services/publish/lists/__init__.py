"""Published lists: what they are, their revisions and named editions, and the hash that proves them."""
