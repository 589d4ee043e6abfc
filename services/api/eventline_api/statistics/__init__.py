"""How the executions of a job have gone."""
