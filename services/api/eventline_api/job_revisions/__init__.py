"""The revisions of a job: every specification that was deployed."""
