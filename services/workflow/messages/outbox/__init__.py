"""What is to leave the product: written with the message, sent afterwards."""
