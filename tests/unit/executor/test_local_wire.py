"""The frames between executor and keeper."""

import os
import socket

from hypothesis import given
from hypothesis import strategies as st

from eventline_executor.runners.local_spawner.wire import FrameReader, Kind, pack, receive

frames = st.tuples(st.sampled_from(Kind), st.lists(st.binary(max_size=40), max_size=5))


@given(st.lists(frames, max_size=6), st.integers(1, 17))
def test_frames_survive_any_cutting_of_the_stream(sent: list[tuple[Kind, list[bytes]]], size: int) -> None:
    stream = b"".join(pack(kind, strings) for kind, strings in sent)
    reader = FrameReader()

    received = [frame for i in range(0, len(stream), size) for frame in reader.feed(stream[i : i + size])]

    assert received == sent


def test_a_received_descriptor_is_not_inherited_by_programs() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [0])
        received, (descriptor,) = receive(theirs, 16)

    inheritable = os.get_inheritable(descriptor)
    os.close(descriptor)
    assert (received, inheritable) == (b"x", False)
