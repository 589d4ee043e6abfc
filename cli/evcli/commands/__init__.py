"""The commands, one module per noun; `registry.py` knows them all."""
