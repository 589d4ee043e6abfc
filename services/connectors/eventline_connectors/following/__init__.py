"""`eventline/job_execution_finished`: ends of executions become events of the jobs that follow."""
