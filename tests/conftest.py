"""How tests are shared out among processes: a file stays together, and so do all tests that use the Docker daemon."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests for pytest-xdist; tests count the containers on the one daemon, so no two may do so at a time."""
    for item in items:
        file, _, name = item.nodeid.partition("::")
        docker = "/test_docker_" in file or ("contract/runners/" in file and "[docker" in name)
        item.add_marker(pytest.mark.xdist_group("docker" if docker else file))
