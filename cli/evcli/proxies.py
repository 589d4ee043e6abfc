"""Which proxy a request goes through: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper or lower case."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from evcli.errors import EvcliError

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy; `credentials` is `user:password` or empty."""

    host: str
    port: int
    credentials: str = ""

    def authorization(self) -> str:
        """The value of Proxy-Authorization; "" without credentials."""
        from base64 import b64encode

        return f"Basic {b64encode(self.credentials.encode()).decode()}" if self.credentials else ""


def choose_proxy(environment: Mapping[str, str], uri: SplitResult) -> Proxy | None:
    """Return the proxy for a request, or None to connect directly, as to this machine itself."""
    name = f"{uri.scheme}_proxy"
    text = environment.get(name) or environment.get(name.upper())
    host = uri.hostname or ""
    if not text or _is_loopback(host):
        return None
    exceptions = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    port = uri.port or DEFAULT_PORTS[uri.scheme]
    if any(_is_exception(item.strip().lower(), host, port) for item in exceptions.split(",") if item.strip()):
        return None
    return _parse(text, name.upper())


def _parse(text: str, name: str) -> Proxy:
    uri = urlsplit(text if "://" in text else f"http://{text}")
    if uri.scheme != "http" or not uri.hostname:
        raise EvcliError(
            f'invalid proxy "{text}" in {name}: it must be an address such as http://proxy.example.com:3128'
        )
    credentials = f"{unquote(uri.username)}:{unquote(uri.password or '')}" if uri.username else ""
    return Proxy(uri.hostname, uri.port or DEFAULT_PORTS["http"], credentials)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host == "::1" or (host.startswith("127.") and host.replace(".", "").isdigit())


def _is_exception(item: str, host: str, port: int) -> bool:
    if item == "*":
        return True
    name, separator, only_port = item.rpartition(":")
    if separator and only_port.isdigit() and ":" not in name:
        if int(only_port) != port:
            return False
        item = name
    if "/" in item:
        return _is_in_network(host, item)
    domain = item.removeprefix("*").removeprefix(".")
    return host.endswith(f".{domain}") or (host == domain and not item.startswith((".", "*")))


def _is_in_network(host: str, network: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
