"""Asks a service whether it is ready, with a short deadline."""

import http.client
import socket
from http import HTTPStatus

DEADLINE = 2.0


def answers_ready(address: str) -> bool:
    """Tell whether `GET /health/ready` at `host:port` is answered with 200."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def accepts_connections(host: str, port: int) -> bool:
    """Tell whether something listens there."""
    try:
        socket.create_connection((host, port), timeout=DEADLINE).close()
    except OSError:
        return False
    return True
