"""Becomes another user and then the program given: `run_as.py UID GID PROGRAM ARGUMENTS...`, started as root.

A checkout of root is often closed to everybody else (a home folder, a temporary one). Rather than open its
folders to the world, the program then keeps one of root's privileges: to read and search past permissions
(capabilities(7), ambient set; Linux only). Where the folders are open it keeps none.
"""

import ctypes
import os
import sys
from pathlib import Path

# linux/capability.h and linux/prctl.h
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2


def reaches(program: str) -> bool:
    """Whether this user gets at the program and, by its full path, at the folder it works in."""
    try:
        return os.access(program, os.R_OK | os.X_OK) and Path.cwd().stat() is not None
    except OSError:
        return False


def keep_sight(libc: ctypes.CDLL) -> bool:
    """Hold on to the privilege to read past permissions, across the coming exec."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable of the low word, then of the high one
    if libc.capget(header, sets) != 0:
        return False
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if sets[1] & (1 << capability):
            wanted = (ctypes.c_uint32 * 6)(*([1 << capability] * 3), 0, 0, 0)
            refused = libc.capset(header, wanted) or libc.prctl(
                PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0
            )
            return bool(refused == 0)
    return False


def main(uid: int, gid: int, command: list[str]) -> None:
    """Become the user and the program."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except OSError as error:
        sys.exit(
            f"error: root may not become user {uid} here ({error.strerror}); start as an ordinary user, or set DATABASE_URL"
        )
    if not reaches(command[0]) and (libc is None or not keep_sight(libc)):
        sys.exit(
            f"error: user {uid}, under whom this must run, cannot reach {command[0]} or {Path.cwd()}; "
            "move the checkout where every user may enter, start as an ordinary user, or set DATABASE_URL"
        )
    os.execv(command[0], command)  # noqa: S606 - the whole point; the program is a server of ours


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
