"""Breaks everything that can break under load, then proves from what programs really did that nothing was lost."""
