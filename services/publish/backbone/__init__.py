"""The message backbone: what the public feed says, written to a stream of NATS JetStream, once and in order."""
