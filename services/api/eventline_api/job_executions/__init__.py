"""Job executions: reading, aborting and restarting them."""
