"""What people read of a pull: lines once, large layers in quarters, nothing of what was there."""

import pytest

from eventline_executor.runners.docker.images import PullProgress
from eventline_executor.runners.protocol import RunnerError


def told(*messages: dict[str, object]) -> list[str]:
    progress = PullProgress()
    return b"".join(progress.add(message) for message in messages).decode().splitlines()


def downloading(current: int, total: int) -> dict[str, object]:
    return {"status": "Downloading", "id": "a", "progressDetail": {"current": current, "total": total}}


PULLING: dict[str, object] = {"status": "Pulling from library/alpine", "id": "3"}
UP_TO_DATE: dict[str, object] = {"status": "Status: Image is up to date for alpine:3"}
LAYER: dict[str, object] = {"status": "Pulling fs layer", "id": "a", "progressDetail": {}}


def test_nothing_is_told_of_an_image_that_is_up_to_date() -> None:
    assert told(PULLING, {"status": "Digest: sha256:1"}, UP_TO_DATE) == []


def test_what_was_held_back_is_told_when_the_first_layer_comes() -> None:
    assert told(PULLING, LAYER) == ["3: Pulling from library/alpine", "a: Pulling fs layer"]


def test_a_large_layer_is_told_in_quarters_each_once() -> None:
    found = told(LAYER, *(downloading(part * 1_000_000, 120_000_000) for part in range(121)))

    assert found == [
        "a: Pulling fs layer",
        "a: Downloading, 25% of 120 MB",
        "a: Downloading, 50% of 120 MB",
        "a: Downloading, 75% of 120 MB",
    ]


def test_a_small_layer_and_one_of_unknown_size_are_not_told_in_parts() -> None:
    unknown: dict[str, object] = {"status": "Downloading", "id": "a", "progressDetail": {"current": 50_000_000}}

    assert told(LAYER, downloading(500_000, 1_000_000), unknown) == ["a: Pulling fs layer"]


def test_an_error_in_the_stream_is_the_reason() -> None:
    with pytest.raises(RunnerError, match=r"^cannot pull image: the layer is lost$"):
        told(PULLING, {"error": "the layer is lost"})
