"""The system-call filter of the sandbox, assembled by hand as classic BPF.

Namespaces do not cover everything: AF_VSOCK reaches the host through an empty network namespace,
and keyrings, io_uring, userfaultfd and ptrace stay open without a filter. What is refused fails
with an ordinary error, so that programs which only try it go on.
"""

from __future__ import annotations

import errno
import platform
import struct

from promptverdict.core.errors import SandboxError

# Name: number on x86_64, number on aarch64.
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_CLONE, _IOCTL, _SOCKET, _SOCKETPAIR = (56, 220), (16, 29), (41, 198), (53, 199)
_CLONE3 = 435
_NEW_NAMESPACES = 0x7E020000
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Offsets into struct seccomp_data; both processors are little-endian, so that the low half of an
# argument comes first.
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24

_ALLOW, _KILL = 0x7FFF0000, 0x80000000

_Instruction = tuple[int, int, int, int]
"""Code, instructions to skip when true, instructions to skip when false, operand."""


def program() -> bytes:
    """Assemble the filter for this processor.

    Raises SandboxError on a processor whose system-call numbers are not listed here.
    """
    machine = platform.machine()
    if machine == "x86_64":
        return _assembled(0, 0xC000003E)
    if machine == "aarch64":
        return _assembled(1, 0xC00000B7)
    raise SandboxError(
        f"The sandbox has no system-call filter for the processor {machine}.\n"
        "It is written for x86_64 and aarch64.\n"
        "Replay needs no sandbox; record on one of those processors."
    )


def _assembled(column: int, architecture: int) -> bytes:
    lines = [_load(_ARCHITECTURE), _equal(architecture, 1, 0), _answer(_KILL), _load(_NUMBER)]
    if column == 0:
        # The x32 calls of an x86_64 kernel would pass under other numbers.
        lines += [_at_least(0x40000000, 0, 1), _error(errno.EPERM)]
    for numbers in _REFUSED.values():
        lines += [_equal(numbers[column], 0, 1), _error(errno.EPERM)]
    # The flags of clone3 lie in memory, out of a filter's sight; libraries fall back to clone.
    lines += [_equal(_CLONE3, 0, 1), _error(errno.ENOSYS)]
    lines += _no_namespaces(_CLONE[column])
    lines += _only_families(_SOCKET[column])
    lines += _only_families(_SOCKETPAIR[column])
    lines += _no_typing(_IOCTL[column])
    lines.append(_answer(_ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def _no_namespaces(clone: int) -> list[_Instruction]:
    return [
        _equal(clone, 0, 4),
        _load(_ARGUMENT_0),
        _any_bit(_NEW_NAMESPACES, 0, 1),
        _error(errno.EPERM),
        _load(_NUMBER),
    ]


def _only_families(call: int) -> list[_Instruction]:
    count = len(_FAMILIES)
    matches = [_equal(family, count - i, 0) for i, family in enumerate(_FAMILIES)]
    return [
        _equal(call, 0, count + 3),
        _load(_ARGUMENT_0),
        *matches,
        _error(errno.EAFNOSUPPORT),
        _answer(_ALLOW),
    ]


def _no_typing(ioctl: int) -> list[_Instruction]:
    """Refuse to put characters into a terminal's input."""
    return [
        _equal(ioctl, 0, 4),
        _load(_ARGUMENT_1),
        _equal(_TIOCSTI, 1, 0),
        _equal(_TIOCLINUX, 0, 1),
        _error(errno.EPERM),
    ]


def _load(offset: int) -> _Instruction:
    return 0x20, 0, 0, offset


def _equal(value: int, yes: int, no: int) -> _Instruction:
    return 0x15, yes, no, value


def _at_least(value: int, yes: int, no: int) -> _Instruction:
    return 0x35, yes, no, value


def _any_bit(mask: int, yes: int, no: int) -> _Instruction:
    return 0x45, yes, no, mask


def _answer(verdict: int) -> _Instruction:
    return 0x06, 0, 0, verdict


def _error(number: int) -> _Instruction:
    return _answer(0x00050000 | number)
