"""What a person who starts Eventline can put right; `str(error)` is the sentence that says how."""


class StandaloneError(Exception):
    """Something cannot be started."""


class PartFailedError(StandaloneError):
    """A part did not come up at the first start; the message says which and why."""


class DataDirectoryError(StandaloneError):
    """The data directory cannot be used as it is."""


class InvalidAddressError(StandaloneError):
    """An address in the configuration file cannot be used."""
