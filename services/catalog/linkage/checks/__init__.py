"""The check of everything: differences computed once, counted, and settled as far as nobody touched them since."""
