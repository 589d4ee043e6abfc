"""What may go wrong with an embedded server, each as a sentence for the person who starts it."""


class EmbeddedServerError(Exception):
    """A server cannot be started; `str(error)` says which, why, and what to do."""


class ServerNotInstalled(EmbeddedServerError):
    """The program is neither named, nor in the environment, nor on the machine."""


class DirectoryTaken(EmbeddedServerError):
    """Another living process uses the directory."""


class PortInUse(EmbeddedServerError):
    """Something else listens on the wanted port."""


class ServerFailed(EmbeddedServerError):
    """The program ended, or was not ready in time; the message ends with the last lines of its log."""
