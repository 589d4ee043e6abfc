"""The benchmark: a program, not a test. `make bench` runs it on a fresh stack with fsync on."""
