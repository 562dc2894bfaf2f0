"""Takes from this process what setting a paper does not need: the network, programs, and memory and time without end.

Typst fetches packages by itself when a template names one, and its reader of archives is not ours: refusing sockets
to the process is the one thing that holds whatever the template says. seccomp(2) needs no rights; where there is none
(another system than Linux, another machine, a kernel without it) limits and the folder remain, and `lock` says so.
`python -m shared.paper.lockdown` tries it: exit code 0 when all holds.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
import subprocess
import sys
from pathlib import Path

# Bytes a process may ask for: a guide takes some 60 MB, threads reserve more than they use.
MEMORY = 2 * 2**30
_LARGEST_FILE, _MOST_FILES = 64 * 2**20, 64
_TRY_SECONDS = 10
# Audit number of the machine, and its calls: socket, connect, execve, execveat, ptrace, socketpair, io_uring_setup (a
# ring opens sockets without the call). LoongArch numbers its calls as all newer machines do.
_GENERIC = (198, 203, 221, 281, 117, 199, 425)
_MACHINES = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 53, 425)),
    "aarch64": (0xC00000B7, _GENERIC),
    "loongarch64": (0xC0000102, _GENERIC),
}
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050001, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def lock(seconds: int) -> bool:
    """From here on: bounded memory and processor time (`seconds`), no socket, no program. Says whether all holds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return (
        platform.system() == "Linux" and platform.machine() in _MACHINES and _filtered(*_MACHINES[platform.machine()])
    )


def available() -> bool:
    """Whether a process of this machine can be locked wholly: one is, and is gone (some 30 ms)."""
    tried = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    try:
        return subprocess.run(tried, check=False, capture_output=True, timeout=_TRY_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _filtered(machine: int, calls: tuple[int, ...]) -> bool:
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for call in calls:
        lines += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _REFUSE)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    system = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(lines), ctypes.cast(code, ctypes.c_void_p))
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(system.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


if __name__ == "__main__":
    sys.exit(0 if lock(_TRY_SECONDS) else 1)
