"""Every service has the same options, and fails with sentences on standard error and status 1."""

from pathlib import Path

import pytest

from eventline_common.settings.command_line import ServiceArguments, load_for_service, parse_service_arguments

KEY_LINE = "encryption_key: " + "A" * 42 + "E=\n"


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A valid configuration file."""
    path = tmp_path / "eventline.yaml"
    path.write_text(KEY_LINE)
    return path


def test_options_are_read_in_both_forms() -> None:
    expected = ServiceArguments("api", Path("x.yaml"), validate_cfg=True, quiet=True, debug_level=2)
    assert parse_service_arguments("api", ["-c", "x.yaml", "--validate-cfg", "-q", "--debug", "2"]) == expected
    assert parse_service_arguments("api", ["--cfg-file=x.yaml", "--validate-cfg", "--quiet", "--debug=2"]) == expected
    assert parse_service_arguments("api", []) == ServiceArguments("api")


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse_service_arguments("scheduler", ["-h"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert "usage: eventline-scheduler" in shown
    assert all(option in shown for option in ("--cfg-file", "--validate-cfg", "--quiet", "--debug", "--help"))


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--debug", "x"], '"x" is not a level'),
        (["--unknown"], "unrecognized arguments: --unknown"),
        (["word"], "unrecognized arguments: word"),
        (["--cfg"], "unrecognized arguments: --cfg"),
    ],
)
def test_a_wrong_option_ends_with_status_1(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse_service_arguments("api", argv)
    assert left.value.code == 1
    assert sentence in capsys.readouterr().err


def test_validation_succeeds_with_status_0(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        load_for_service(ServiceArguments("api", configuration, validate_cfg=True), {})
    assert left.value.code == 0
    assert capsys.readouterr().err == "the configuration is valid\n"


@pytest.mark.parametrize("validate", [True, False])
def test_an_invalid_configuration_ends_with_status_1_and_all_reasons(
    configuration: Path, capsys: pytest.CaptureFixture[str], *, validate: bool
) -> None:
    configuration.write_text("pg: {pool_size: 1}")
    with pytest.raises(SystemExit) as left:
        load_for_service(ServiceArguments("api", configuration, validate_cfg=validate), {})
    shown = capsys.readouterr().err
    assert left.value.code == 1
    assert f"eventline-api: invalid configuration in {configuration}:" in shown
    assert "  pg.pool_size must be an integer between 2 and 1000, not 1\n" in shown
    assert "  encryption_key is missing" in shown


@pytest.mark.parametrize("service", ["api", "connectors", "executor"])
def test_services_that_read_identities_get_the_key(configuration: Path, service: str) -> None:
    assert len(load_for_service(ServiceArguments(service, configuration), {}).encryption_key) == 32


@pytest.mark.parametrize("service", ["web", "scheduler"])
def test_other_services_neither_need_nor_get_the_key(configuration: Path, service: str) -> None:
    assert load_for_service(ServiceArguments(service, configuration), {}).encryption_key == b""
    assert load_for_service(ServiceArguments(service), {}).encryption_key == b""
