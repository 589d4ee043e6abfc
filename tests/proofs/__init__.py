"""The promises of the engine that take a whole platform to see; `python -m tests.proofs` prints the evidence."""
