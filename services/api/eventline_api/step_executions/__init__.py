"""Step executions and their output."""
