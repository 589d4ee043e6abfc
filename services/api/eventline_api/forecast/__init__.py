"""The ticks of timers that are to come."""
