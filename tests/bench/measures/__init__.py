"""The measurements, one module per subject; each returns lines of the table and asserts nothing."""
