"""Which account the servers run under, and how a command is started there.

PostgreSQL refuses to run as root. As root we therefore start the servers as the account that owns their data, or
as `nobody` the first time; otherwise they run as whoever asked.
"""

import os
import pwd
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from mes.embedded.refusals import CannotServe

_RUN_AS = Path(__file__).with_name("run_as.py")


@dataclass(frozen=True)
class Account:
    """A user of this machine by number."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """The account to become for a server that keeps its data in `folder`, or None to stay who we are.

    :raises CannotServe: where PostgreSQL would find no such user.
    """
    if os.geteuid() != 0:
        _known(os.geteuid())
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        owner = _known(folder.stat().st_uid)
        return Account(owner.pw_uid, owner.pw_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotServe(
            "PostgreSQL does not run as root and this machine has no account `nobody` to run it: "
            "start as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_folder(folder: Path, account: Account | None) -> None:
    """Make sure a private folder of that account exists."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def command(arguments: list[str | Path], account: Account | None) -> list[str]:
    """The command line that runs `arguments` under an account."""
    if account is None:
        return [str(argument) for argument in arguments]
    launcher = [sys.executable, "-I", "-S", _RUN_AS, account.uid, account.gid]
    return [str(argument) for argument in (*launcher, *arguments)]


def free_megabytes(folder: Path) -> int:
    """Room left on the disk of a folder."""
    return shutil.disk_usage(folder).free // 2**20


def _known(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise CannotServe(
            f"PostgreSQL needs an account with a name and this machine has none for user number {uid}: "
            "add it to /etc/passwd, or set DATABASE_URL."
        ) from None
