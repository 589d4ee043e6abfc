"""Free ports: nobody else may take them before they are listened on."""

import socket
from pathlib import Path

from eventline_common.embedded.ports import free_port


def test_a_free_port_is_none_that_an_outgoing_connection_may_take() -> None:
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    ports = [free_port() for _ in range(200)]

    assert max(ports) < first_outgoing
    assert len(set(ports)) == len(ports)


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert free_port() != server.getsockname()[1]
