"""Server-sent events: an execution followed, the executions of a project watched."""
