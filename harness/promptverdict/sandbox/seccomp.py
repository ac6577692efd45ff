"""The system-call filter of the sandbox, assembled by hand as classic BPF.

Namespaces do not cover everything: AF_VSOCK reaches the host through an empty network namespace,
keyrings belong to a user and not to a namespace, and each of the calls below opens kernel code that
no program of an agent needs. What is refused fails with an ordinary error, so that programs which
only try it go on.
"""

from __future__ import annotations

import errno
import platform
import struct

from promptverdict.core.errors import SandboxError

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
"""Name of a call: its number on x86_64, its number on aarch64 (asm/unistd.h of each).

bpf, perf_event_open, userfaultfd, io_uring_*, keyctl and its kin, fs* and mount*: kernel code with
a record of escapes. ptrace, process_vm_*, pidfd_getfd, kcmp: a look into other processes. chroot,
mount, unshare, setns, open_by_handle_at: a way out of the folders and namespaces that are set up.
The rest needs capabilities that nobody has here, and is refused in case somebody gets them.
"""

_CLONE, _IOCTL, _SOCKET, _SOCKETPAIR = (56, 220), (16, 29), (41, 198), (53, 199)
_CLONE3 = 435
"""The same on both processors, as every call that Linux got since 2019."""
_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of linux/sched.h, together."""
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_FIRST_X32 = 0x40000000

# Offsets into struct seccomp_data of linux/seccomp.h. A filter loads 32 bits at a time and an
# argument has 64; both processors are little-endian, so its low half comes first, and the kernel
# looks at no more of a family, of flags or of an ioctl's number.
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24

# SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO.
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000

_Instruction = tuple[int, int, int, int]
"""struct sock_filter: code, instructions to skip when true, when false, operand."""


def build_filter(machine: str | None = None) -> bytes:
    """Return the filter for a processor: this one's if none is named.

    Raises SandboxError on a processor whose system-call numbers are not listed here.
    """
    machine = machine or platform.machine()
    if machine == "x86_64":
        return _assemble(0, 0xC000003E)  # AUDIT_ARCH_X86_64
    if machine == "aarch64":
        return _assemble(1, 0xC00000B7)  # AUDIT_ARCH_AARCH64
    raise SandboxError(
        f"The sandbox has no system-call filter for the processor {machine}.\n"
        "It is written for x86_64 and aarch64.\n"
        "Replay needs no sandbox; record on one of those processors."
    )


def _assemble(column: int, architecture: int) -> bytes:
    # Numbers mean other calls on another architecture, and an x86_64 kernel takes i386 calls too.
    lines = [
        _load(_ARCHITECTURE),
        _skip_if_equal(architecture, 1, 0),
        _return(_KILL),
        _load(_NUMBER),
    ]
    if column == 0:
        # x32, the third set of an x86_64 kernel, has the same architecture and other numbers.
        lines += [_skip_if_at_least(_FIRST_X32, 0, 1), _fail(errno.EPERM)]
    for numbers in _REFUSED.values():
        lines += [_skip_if_equal(numbers[column], 0, 1), _fail(errno.EPERM)]
    # The flags of clone3 are in memory, where a filter cannot look. Of ENOSYS, "there is no such
    # call", libraries make a clone; EPERM they would report.
    lines += [_skip_if_equal(_CLONE3, 0, 1), _fail(errno.ENOSYS)]
    lines += _refuse_namespaces(_CLONE[column])
    lines += _refuse_other_families(_SOCKET[column])
    lines += _refuse_other_families(_SOCKETPAIR[column])
    lines += _refuse_typing(_IOCTL[column])
    lines.append(_return(_ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def _refuse_namespaces(clone: int) -> list[_Instruction]:
    return [
        _skip_if_equal(clone, 0, 4),
        _load(_ARGUMENT_0),
        _skip_if_any_bit(_NEW_NAMESPACES, 0, 1),
        _fail(errno.EPERM),
        _load(_NUMBER),  # what comes next compares the number again
    ]


def _refuse_other_families(call: int) -> list[_Instruction]:
    count = len(_FAMILIES)
    matches = [_skip_if_equal(family, count - i, 0) for i, family in enumerate(_FAMILIES)]
    return [
        _skip_if_equal(call, 0, count + 3),
        _load(_ARGUMENT_0),
        *matches,
        _fail(errno.EAFNOSUPPORT),
        _return(_ALLOW),
    ]


def _refuse_typing(ioctl: int) -> list[_Instruction]:
    """Refuse to put characters into a terminal's input, from where a shell outside would run them.

    The last test of the filter: it leaves the number overwritten.
    """
    return [
        _skip_if_equal(ioctl, 0, 4),
        _load(_ARGUMENT_1),
        _skip_if_equal(_TIOCSTI, 1, 0),
        _skip_if_equal(_TIOCLINUX, 0, 1),
        _fail(errno.EPERM),
    ]


# Codes of linux/bpf_common.h: BPF_LD|W|ABS, BPF_JMP|JEQ|K, |JGE|K, |JSET|K, BPF_RET|K.


def _load(offset: int) -> _Instruction:
    return 0x20, 0, 0, offset


def _skip_if_equal(value: int, yes: int, no: int) -> _Instruction:
    return 0x15, yes, no, value


def _skip_if_at_least(value: int, yes: int, no: int) -> _Instruction:
    return 0x35, yes, no, value


def _skip_if_any_bit(mask: int, yes: int, no: int) -> _Instruction:
    return 0x45, yes, no, mask


def _return(verdict: int) -> _Instruction:
    return 0x06, 0, 0, verdict


def _fail(number: int) -> _Instruction:
    return _return(_FAIL | number)
