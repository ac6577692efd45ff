"""Puts a filter of system calls on itself and becomes another program, which keeps it.

python3 -I -S confine.py FILTER PROGRAM ARGUMENT...

A container has the filter of its engine, and engines differ in what they let through. This one is
the same in each, and bubblewrap's.
"""

import ctypes
import os
import struct
import sys

_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2  # linux/prctl.h, linux/seccomp.h


def confine(filter_: bytes) -> None:
    """Put a filter, as struct sock_filter of linux/filter.h, on this process. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(filter_, len(filter_))
    # struct sock_fprog: how many instructions of eight bytes, and where they are.
    program = struct.pack("@HP", len(filter_) // 8, ctypes.addressof(code))
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_FILTER, _FILTER_MODE, program, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        confine(file.read())
    os.execvp(sys.argv[2], sys.argv[2:])
