"""One-time correction (一次性告知): a reviewer names all that is wrong with a submission at once."""
