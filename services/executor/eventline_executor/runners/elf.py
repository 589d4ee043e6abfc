"""Wraps machine code of ours in an executable file for Linux: the headers of ELF and nothing else."""

import struct

_ADDRESS = 0x400000
_PAGE = 0x1000
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_LOADABLE, _READABLE_AND_EXECUTABLE = 1, 5

# e_machine: what the code is for.
AMD64, ARM64 = 62, 183


def executable(machine: int, code: bytes) -> bytes:
    """Return a file that begins to run at the first byte of its code, which must not write to itself."""
    start = _HEADER.size + _SEGMENT.size
    size = start + len(code)
    magic = b"\x7fELF\x02\x01\x01"
    header = _HEADER.pack(
        magic, 2, machine, 1, _ADDRESS + start, _HEADER.size, 0, 0, _HEADER.size, _SEGMENT.size, 1, 0, 0, 0
    )
    segment = _SEGMENT.pack(_LOADABLE, _READABLE_AND_EXECUTABLE, 0, _ADDRESS, _ADDRESS, size, size, _PAGE)
    return header + segment + code
