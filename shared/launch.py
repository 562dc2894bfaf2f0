"""Become the right user, tie our life to the starter's, then turn into the server.

Run as a script, standard library only:
``launch.py MODE STARTER_PID SIGNAL -- PROGRAM ARGUMENT...``

MODE is ``plain``, ``userns`` (uid 0 shown to the program as 65534 in a user namespace of its own) or ``nobody``
(really give up root). It is a program of its own, since doing this between fork and exec of a process that has threads
can deadlock; and since it ends in ``exec``, the server stays a direct child of the one who started it.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
UNPRIVILEGED_ID = 65534  # the overflow id of Linux: any id but 0 would do, this one never belongs to a person
REFUSED = 97  # the mode is not possible here; no program we start uses this exit code
STARTER_GONE = 98


def enter_user_namespace() -> None:
    """Show this process as uid 65534 to itself while its files stay owned by the real user."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"unshare(CLONE_NEWUSER): {os.strerror(code)}")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{UNPRIVILEGED_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{UNPRIVILEGED_ID} {gid} 1")


def become_nobody() -> None:
    """Give up root for good."""
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def die_with_starter(starter: int, death_signal: int) -> None:
    """Ask the kernel for `death_signal` when the starter dies; a change of ids would clear it, so it comes after."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != starter:
        sys.exit(STARTER_GONE)


def main(mode: str, starter: str, death_signal: str, _separator: str, *command: str) -> None:
    try:
        if mode == "userns":
            enter_user_namespace()
        elif mode == "nobody":
            become_nobody()
    except (OSError, KeyError, AttributeError) as error:
        print(f"{mode}: {error}", file=sys.stderr)
        sys.exit(REFUSED)
    if int(death_signal):
        die_with_starter(int(starter), int(death_signal))
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main(*sys.argv[1:])
