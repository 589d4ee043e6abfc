"""Timers: rows with a next tick, and the loop that turns ticks into events on time."""
