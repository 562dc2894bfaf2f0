"""Requests signed with an appKey: what is signed, with which hash, and how long a signature is good."""
