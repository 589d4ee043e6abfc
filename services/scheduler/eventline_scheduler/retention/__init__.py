"""Deletes what has outlived its time, in small batches that hold no lock for long (contract execution, section 10)."""
