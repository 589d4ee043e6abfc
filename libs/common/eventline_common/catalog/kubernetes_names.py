"""What Kubernetes accepts as the name of a namespace, and as key and value of a label."""

import re

_DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_DNS_LABEL)
_PREFIX = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_LONGEST_PREFIX = 253
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def is_namespace(text: str) -> bool:
    """Tell whether a text is an RFC 1123 label."""
    return _NAMESPACE.fullmatch(text) is not None


def is_label_key(text: str) -> bool:
    """Tell whether a text is `<name>` or `<DNS subdomain>/<name>`."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > _LONGEST_PREFIX or not _PREFIX.fullmatch(prefix)):
        return False
    return _VALUE.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """Tell whether a text is empty or at most 63 characters that a label may hold."""
    return not text or _VALUE.fullmatch(text) is not None
