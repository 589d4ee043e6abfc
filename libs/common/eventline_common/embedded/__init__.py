"""Real PostgreSQL and NATS servers that live below a directory of ours, for `eventline up` and for the tests."""
