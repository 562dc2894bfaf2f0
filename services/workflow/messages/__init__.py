"""Messages: who is told of what waits for him, in the product, by e-mail and through the administration's messenger."""
