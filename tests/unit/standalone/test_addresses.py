"""Where the services listen: defaults, the configuration file, the options."""

import pytest

from eventline_standalone.addresses import Address, WantedPorts, plan_addresses
from eventline_standalone.errors import InvalidAddressError


def no_port() -> int:
    raise AssertionError("no free port was asked for")


def texts(addresses: object) -> dict[str, str]:
    assert isinstance(addresses, dict)
    return {name: str(address) for name, address in addresses.items()}


def test_without_a_file_and_options_the_documented_ports_are_used() -> None:
    planned = plan_addresses({}, WantedPorts(), free_port=no_port)

    assert texts(planned.listening) == {
        "api": "localhost:8085",
        "connectors": "localhost:8086",
        "web": "localhost:8087",
    }
    assert texts(planned.monitoring)["executor"] == "localhost:9089"
    assert len(planned.monitoring) == 6


def test_the_configuration_file_decides_and_an_option_decides_over_it() -> None:
    document = {"api_http_server": {"address": ":1111"}, "web_http_server": {"address": "0.0.0.0:2222"}}

    planned = plan_addresses(document, WantedPorts(web=3333), free_port=no_port)

    assert texts(planned.listening) == {"api": ":1111", "connectors": "localhost:8086", "web": "0.0.0.0:3333"}


def test_the_host_option_moves_what_people_reach_and_leaves_monitoring_alone() -> None:
    planned = plan_addresses({}, WantedPorts(host="0.0.0.0"), free_port=no_port)

    assert str(planned.listening["api"]) == "0.0.0.0:8085"
    assert str(planned.monitoring["api"]) == "localhost:9085"


def test_monitoring_ports_are_a_row() -> None:
    planned = plan_addresses({}, WantedPorts(monitoring=7000), free_port=no_port)

    assert sorted(address.port for address in planned.monitoring.values()) == [7000, 7001, 7002, 7003, 7004, 7005]


def test_port_zero_becomes_a_free_port_for_each_address() -> None:
    ports = iter(range(40000, 40020))

    planned = plan_addresses({}, WantedPorts(api=0, monitoring=0), free_port=lambda: next(ports))

    everything = [*planned.listening.values(), *planned.monitoring.values()]
    assert planned.listening["web"].port == 8087
    assert len({address.port for address in everything}) == len(everything)
    assert sum(address.port >= 40000 for address in everything) == 7


def test_monitoring_that_is_switched_off_has_no_address() -> None:
    planned = plan_addresses({"monitoring": {"web": ""}}, WantedPorts(), free_port=no_port)

    assert "web" not in planned.monitoring


@pytest.mark.parametrize("text", ["localhost", "localhost:", "localhost:http", "localhost:65536", "8085"])
def test_what_is_no_address_is_refused_with_the_member(text: str) -> None:
    with pytest.raises(InvalidAddressError, match=r"api_http_server\.address: .* is not an address; write host:port"):
        plan_addresses({"api_http_server": {"address": text}}, WantedPorts(), free_port=no_port)


@pytest.mark.parametrize(
    ("text", "reachable"),
    [(":1", "localhost:1"), ("0.0.0.0:1", "localhost:1"), ("[::]:1", "localhost:1"), ("10.0.0.5:1", "10.0.0.5:1")],
)
def test_an_address_that_stands_for_all_is_reached_as_localhost(text: str, reachable: str) -> None:
    assert str(Address.parse(text, member="x").reachable) == reachable


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert str(Address.parse("[::1]:8085", member="x")) == "[::1]:8085"
