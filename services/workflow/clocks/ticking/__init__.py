"""What the ticker reads and writes: clocks with something to say, and clocks whose calendar has changed."""
