"""Signed webhooks: where they may go, how they are signed, and one attempt to deliver; for every service that sends."""
