"""The commands with which operators look after an installation; each works on what the configuration file names."""
