"""What every service process is made of: batches, loops, and an orderly life and death."""
