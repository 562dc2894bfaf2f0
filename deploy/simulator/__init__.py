"""Stand-ins for systems outside: what the demo, the tests and the benchmark exchange with."""
