"""The attacks that a command can try, as data: each succeeds where its code ends with 0.

`@NAME@` in a code stands for something of the host that exists while the table runs (targets.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Attack:
    """One attack from inside; it succeeds where its code runs to the end, with exit code 0."""

    name: str
    code: str
    language: Literal["sh", "py"] = "sh"
    controls: tuple[str, ...] = ()
    """Naive designs (naive.py) under which it must succeed, or the row would prove nothing."""


def py(name: str, code: str, *controls: str) -> Attack:
    return Attack(name, code, "py", controls)


def sh(name: str, code: str, *controls: str) -> Attack:
    return Attack(name, code, "sh", controls)


def call(name: str, numbers: tuple[int, int], arguments: str, *controls: str) -> Attack:
    """An attack by one system call, given by its numbers on x86_64 and aarch64."""
    code = (
        "import ctypes, os, struct, errno\n"
        "buffer = ctypes.create_string_buffer(64)\n"
        "local = struct.pack('QQ', ctypes.addressof(buffer), 8)\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"number = {numbers[0]} if os.uname().machine == 'x86_64' else {numbers[1]}\n"
        f"if libc.syscall(number, {arguments}) < 0: raise OSError(ctypes.get_errno(), 'refused')"
    )
    return Attack(name, code, "py", controls)


def connect(family: str, kind: str, address: str) -> str:
    return (
        f"import socket\nclient = socket.socket(socket.AF_{family}, socket.SOCK_{kind})\n"
        f"client.settimeout(2)\nclient.connect({address})"
    )


READS = (
    sh("a file of the host", "cat @CANARY@", "whole host shown"),
    sh("the shadow file", "cat /etc/shadow", "root, whole host shown"),
    sh("root's home", "ls /root", "root, whole host shown"),
    sh("home folders of the host", "ls -A /home | grep -v '^agent$'"),
    sh("a key in the environment", "env | grep -q @KEY@", "environment inherited"),
    sh(
        "a key in the environment of any process",
        "cat /proc/*/environ | grep -aq @KEY@",
        "environment inherited",
        "environment cleared by bubblewrap alone",
    ),
    sh("the host's folder in a command line", "cat /proc/[0-9]*/cmdline | grep -aq '@ROOT@[/]'"),
    sh("the harness's program", "ls @PACKAGE@", "whole host shown"),
    sh("a process of the host", "test -d /proc/@PID@", "processes shared"),
    sh("a signal to the harness", "kill -0 @PID@", "own user, processes shared"),
    py(
        "an open file of the harness",
        "import os\nfor fd in range(3, 99):\n"
        "    try: text = os.pread(fd, 99, 0)\n    except OSError: continue\n"
        "    if b'canary' in text: break\nelse: raise OSError",
        "descriptors inherited",
    ),
    sh("the kernel's log", "dmesg"),
    sh("the disk", "ls /dev | grep -E '^(sd|vd|nvme|xvd|mem$|kmsg$)'", "whole host shown"),
)

NETWORK = (
    py("a server on the host's loopback", connect("INET", "STREAM", "@TCP@"), "network shared"),
    py("the same by IPv6", connect("INET6", "STREAM", "('::ffff:127.0.0.1', @PORT@)")),
    py("an abstract socket", connect("UNIX", "STREAM", "@ABSTRACT@"), "network shared"),
    py("a socket by its path", connect("UNIX", "STREAM", "@SOCKET@"), "whole host shown"),
    py("the internet", connect("INET", "STREAM", "('1.1.1.1', 53)")),
    py("the cloud's metadata", connect("INET", "STREAM", "('169.254.169.254', 80)")),
    py(
        "a packet to anywhere",
        connect("INET", "DGRAM", "('192.0.2.1', 53)") + "\nclient.send(b'x')",
    ),
    sh("a name server", "getent hosts example.org"),
    sh("docker's socket", "test -S /var/run/docker.sock || test -S /run/podman/podman.sock"),
    sh("the bus", "test -S /run/dbus/system_bus_socket"),
    py("a virtual machine's socket", "import socket; socket.socket(40, socket.SOCK_STREAM)"),
    py("a packet socket", "import socket; socket.socket(17, socket.SOCK_RAW)"),
    py("the kernel's ciphers", "import socket; socket.socket(38, socket.SOCK_SEQPACKET)"),
    py("a raw socket", "import socket; socket.socket(2, socket.SOCK_RAW, 1)"),
)

_PAIR = "ctypes.c_char_p(local), 1"

CALLS = (
    call("keyring", (250, 219), "0, -3, 0", "no filter"),
    call("a new key", (248, 217), "b'user', b'x', b'y', 1, -2", "no filter"),
    call("ptrace", (101, 117), "0, 0, 0, 0", "no filter"),
    call("kcmp", (312, 272), "os.getpid(), os.getpid(), 2, 0, 0", "no filter"),
    call(
        "memory of a process",
        (310, 270),
        f"os.getpid(), {_PAIR}, {_PAIR}, 0",
        "no filter",
    ),
    call("a file's handle", (303, 264), "-100, b'/usr', buffer, buffer, 0"),
    call("a descriptor of a process", (438, 438), "os.pidfd_open(os.getpid()), 0, 0", "no filter"),
    call("io_uring", (425, 425), "1, 0"),
    call("userfaultfd", (323, 282), "1"),
    call("bpf", (321, 280), "0, 0, 0"),
    call("perf events", (298, 241), "0, 0, -1, -1, 0"),
    call("kernel log by its call", (103, 116), "10, 0, 0"),
    call("a mount in a new way", (430, 430), "b'tmpfs', 0"),
    call("a copy of the mounts", (428, 428), "-100, b'/usr', 1"),
    call("another namespace by clone3", (435, 435), "0, 0"),
    py(
        "typing into the terminal",
        "import errno, fcntl\ntry: fcntl.ioctl(0, 0x5412, b'x')\n"
        "except OSError as error:\n    if error.errno == errno.EPERM: raise",
        "no filter",
    ),
    sh("a namespace of users", "unshare --user true", "no filter, users nested"),
    sh("a namespace of mounts", "unshare --mount true"),
)

RIGHTS = (
    sh("a capability", "! grep -q '^CapEff:\\s*0*$' /proc/self/status", "root, bare"),
    sh("a capability to come", "! grep -q '^CapBnd:\\s*0*$' /proc/self/status", "root, bare"),
    sh("more rights by a program", "! grep -q 'NoNewPrivs:\\s*1' /proc/self/status"),
    sh("to be root", "test $(id -u) = 0", "root, bare"),
    sh("a mount", "mount -t tmpfs x /tmp", "root, bare"),
    sh("a mount made writable", "mount -o remount,rw /usr"),
    sh("a change of root", "chroot / true", "root, bare"),
    sh("a device", "mknod /dev/shm/n c 1 3", "root, bare"),
    sh("su", "timeout 0.2 su -c id < /dev/null"),
    sh("another host name", "hostname other", "root, bare"),
    sh("another time", "date -s '2001-01-01'"),
    sh("the core pattern", ": >> /proc/sys/kernel/core_pattern", "run as root"),
    sh("the system requests", ": >> /proc/sysrq-trigger"),
    sh("a setting of the kernel", ": >> /proc/sys/kernel/hostname", "run as root"),
    sh("a limit raised", "prlimit --nofile=2000 true", "no limits of a process"),
    sh("a higher priority", "nice -n -5 true 2>&1 | grep -q . && exit 1; exit 0", "root, bare"),
)

WRITES = (
    sh("write /usr", "touch /usr/x"),
    sh("write over a program", ": >> /usr/bin/env"),
    sh("write /etc", "touch /etc/x", "bubblewrap's defaults"),
    sh("write over passwd", "echo >> /etc/passwd"),
    sh("write /", "touch /x", "bubblewrap's defaults"),
    sh("write /opt", "touch /opt/x", "bubblewrap's defaults"),
    sh("write the agents' Python", "touch /opt/py/x"),
    sh("write /run", "touch /run/x", "bubblewrap's defaults"),
    sh("write /dev", "touch /dev/x", "bubblewrap's defaults"),
    sh("write /sys", "touch /sys/x"),
    sh("write beside the reports' socket", "touch /run/harness/x"),
    sh("remove the reports' socket", "rm /run/harness/reports"),
    sh("move the workspace", "mv /workspace /tmp/w"),
    sh("remove the workspace", "rmdir /workspace"),
    sh("a hard link to a system file", "ln -f /usr/bin/env /workspace/env"),
    sh("a hard link between mounts", "touch /tmp/a && ln -f /tmp/a /workspace/a"),
    sh("fill shared memory", "head -c 40M /dev/zero > /dev/shm/x", "bubblewrap's defaults"),
    sh("fill /dev", "head -c 3M /dev/zero > /dev/x", "bubblewrap's defaults"),
    sh("fill /", "head -c 3M /dev/zero > /x", "bubblewrap's defaults"),
)

LIMITS = (
    sh("a huge file with a hole", "truncate -s 1T /workspace/x", "no limits of a process"),
    sh("a file over the limit", "truncate -s 70M /workspace/y", "no limits of a process"),
    py(
        "much memory",
        "import mmap; mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE)",
        "no limits of a process",
    ),
    py(
        "many open files",
        "files = [open('/dev/null') for _ in range(600)]",
        "no limits of a process",
    ),
    py(
        "many processes",
        "import os, signal, time\nchildren = []\n"
        "try:\n    for _ in range(160):\n"
        "        child = os.fork()\n"
        "        if not child: time.sleep(20); os._exit(0)\n"
        "        children.append(child)\n"
        "finally:\n    for child in children: os.kill(child, signal.SIGKILL); os.waitpid(child, 0)",
        "no limits of a process",
    ),
    sh("a core file", "test $(ulimit -Hc) != 0", "no limits of a process"),
    sh("a large stack", "ulimit -s 100000", "no limits of a process"),
    sh("endless processor time", "test $(ulimit -t) = unlimited", "no limits of a process"),
)

INSIDE = (*READS, *NETWORK, *CALLS, *RIGHTS, *WRITES, *LIMITS)
