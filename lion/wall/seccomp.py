"""Look here if you want to know which system calls this process gives up: those with which code
that got out of a guest would reach other processes, the kernel or another view of the files.

Source: seccomp(2), classic BPF over struct seccomp_data; numbers are those of asm/unistd.h.

Rule: a call that is given up fails with EPERM, so that a library which tries one goes on without.
Rule: another architecture's numbers, and x32's, are refused whole: they would pass the list.
"""

import ctypes
import errno
import struct
from collections.abc import Iterator
from typing import Final

from lion.wall.kernel import IS_LINUX, MACHINE, system_call

_NEW: Final = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
"""The same on all architectures."""
_X86: Final = {
    "ptrace": 101, "syslog": 103, "personality": 135, "vhangup": 153, "modify_ldt": 154,
    "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
    "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212, "clock_settime": 227,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
    "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_ARM: Final = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "vhangup": 58, "quotactl": 60,
    "acct": 89, "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105,
    "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142,
    "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "adjtimex": 171,
    "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
    "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
    "kcmp": 272, "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
LOCAL: Final = (1,)
"""Sockets that may be made where no server is named: within this machine's files."""
FAMILIES: Final = (*LOCAL, 2, 10, 16)
"""And where one is: IPv4, IPv6, and netlink, which resolvers ask."""


class Machine:
    """An architecture: its name in the kernel, its calls, and those of `socket` and `seccomp`."""

    def __init__(self, audit: int, calls: dict[str, int], socket: int, seccomp: int) -> None:
        self.audit = audit
        self.calls = {**calls, **_NEW}
        self.socket = socket
        self.seccomp = seccomp


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, _X86, 41, 317),
    "aarch64": Machine(0xC00000B7, _ARM, 198, 277),
}
_AND, _IPV4, _STREAM, _TYPE = 0x54, 2, 1, 0xF
_TCP: Final = (0, 6)
"""The protocols of a stream over IPv4 that are TCP: the usual one, and by its number."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_REFUSE: Final = _ERROR | errno.EPERM
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000


def is_known() -> bool:
    """Whether lion knows this machine's calls, and the kernel the means."""
    if not IS_LINUX or MACHINE not in MACHINES:
        return False
    try:
        refused = system_call(MACHINES[MACHINE].seccomp, 2, 0, struct.pack("<I", _ERROR))
    except OSError:
        return False
    return refused == 0


def _program(
    machine: Machine, families: tuple[int, ...], *, tcp_only: bool = False
) -> Iterator[bytes]:
    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("<HBBI", code, yes, no, value)

    refuse = step(_RETURN, _REFUSE)
    yield step(_LOAD, _ARCH)
    yield step(_EQUAL, machine.audit, 1, 0)
    yield refuse
    yield step(_LOAD, _NUMBER)
    yield step(_AT_LEAST, _X32, 0, 1)
    yield refuse
    for number in sorted(machine.calls.values()):
        yield step(_EQUAL, number, 0, 1)
        yield refuse
    yield step(_EQUAL, machine.socket, 1, 0)
    yield step(_RETURN, _ALLOW)
    yield step(_LOAD, _FIRST_ARGUMENT)
    if tcp_only:
        # Others of a stream's type (MPTCP, SCTP) would pass Landlock's rules about ports.
        yield step(_EQUAL, _IPV4, 1, 0)
        yield refuse
        yield step(_LOAD, _FIRST_ARGUMENT + 8)
        yield step(_AND, _TYPE)
        yield step(_EQUAL, _STREAM, 1, 0)
        yield refuse
        yield step(_LOAD, _FIRST_ARGUMENT + 16)
        families = _TCP
    for family in families:
        yield step(_EQUAL, family, 0, 1)
        yield step(_RETURN, _ALLOW)
    yield refuse


def give_up(families: tuple[int, ...] = FAMILIES, *, tcp_only: bool = False) -> None:
    """Give up those calls, and sockets of other families (`tcp_only`: all but TCP over IPv4), for
    all threads and whatever comes of them. Raises OSError.
    """
    machine = MACHINES[MACHINE]
    steps = list(_program(machine, families, tcp_only=tcp_only))
    program = ctypes.create_string_buffer(b"".join(steps))
    whole = struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(program))
    system_call(machine.seccomp, 1, 1, whole)
