"""What a follower of an execution decides: positions, news, and what of the bus is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_api.live.inbox import LIMIT, Inbox
from eventline_api.live.messages import Position, message
from eventline_common.ids import ExecutionId

ID = ExecutionId("37dGapPUV9RVytCArsnXxAQrTqi")


@given(st.integers(0, 10**9 - 1), st.lists(st.integers(0, 2**40), max_size=5))
def test_a_position_is_read_back_as_it_was_written(attempt: int, offsets: list[int]) -> None:
    position = Position(attempt, tuple(offsets))

    assert Position.parse(str(position)) == position


@pytest.mark.parametrize("text", ["", "a", "1.", ".1", "1.-2", "1 2", "1.2\n", "9" * 10, "1." + "9" * 19])
def test_other_identifiers_are_none_of_ours(text: str) -> None:
    assert Position.parse(text) is None


def test_a_message_is_one_event_with_json_on_one_line() -> None:
    assert message("end", {"a": "x\ny"}, id=Position(1, (2, 3))) == b'id: 1.2.3\nevent: end\ndata: {"a":"x\\ny"}\n\n'
    assert message("ready", {}) == b"event: ready\ndata: {}\n\n"


async def test_output_is_taken_in_order_with_the_step_that_printed_it() -> None:
    inbox = Inbox(ID, {"output.a": 1, "output.b": 2})
    inbox.put("output.b", b"0\nfirst\nline")
    inbox.put("output.a", b"12\n\x00")

    taken = [inbox.take(), inbox.take(), inbox.take()]

    assert [(step, chunk.position, chunk.data) for step, chunk in (each for each in taken if each)] == [
        (2, 0, b"first\nline"),
        (1, 12, b"\x00"),
    ]
    assert taken[2] is None
    assert not inbox.stale


async def test_only_the_status_of_its_own_execution_makes_an_inbox_stale() -> None:
    inbox = Inbox(ID, {"output.a": 1})
    inbox.put("status.p.started", b"somebody else")
    before = inbox.stale
    inbox.put("status.p.started", ID.encode())

    assert (before, inbox.stale) == (False, True)
    await inbox.wait(60)


@pytest.mark.parametrize("payload", [b"", b"no offset", b"x\ndata"])
async def test_what_cannot_be_read_makes_the_rows_be_read(payload: bytes) -> None:
    inbox = Inbox(ID, {"output.a": 1})

    inbox.put("output.a", payload)

    assert (inbox.stale, inbox.take()) == (True, None)


async def test_an_inbox_holds_a_bounded_number_of_bytes() -> None:
    inbox = Inbox(ID, {"output.a": 1})
    for number in range(5):
        inbox.put("output.a", b"%d\n%b" % (number * LIMIT // 4, b"x" * (LIMIT // 4)))

    assert (inbox.stale, inbox.take()) == (True, None)
