"""Child processes that never outlive us, and the unprivileged user they may run under."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import AppError

USER = "waypost"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class NoUser(AppError):
    """PostgreSQL refuses to run as root, and the system user for it could not be made."""

    code = "no_user"


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches only us.

    The kernel sends it `death_signal` when we die, even by SIGKILL. It watches the
    thread that started the child, so call this from a thread that lives on.
    """
    parent = os.getpid()

    def follow_parent() -> None:
        # After the change of user, which would clear it again.
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=follow_parent,  # noqa: PLW1509  it only makes two system calls
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
    finally:
        if output:
            output.close()


def unprivileged_user() -> str | None:
    """None when we are not root; otherwise a system user to run servers as, made if absent."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home",
             "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode not in (0, 9):  # 9: somebody else made it meanwhile
            raise NoUser(
                f"Could not make the system user {USER!r}: {made.stderr.strip()}. "
                f"Run: useradd --system {USER}"
            ) from None
    return USER


def give(path: Path, user: str | None) -> None:
    """Make `user` the owner of a file or of a folder and everything in it."""
    if user is None:
        return
    for one in (path, *path.rglob("*")) if path.is_dir() else (path,):
        shutil.chown(one, user, user)


def reaches(user: str | None, path: Path) -> bool:
    """True when `user` may enter every folder above `path` and read `path` itself."""
    if user is None:
        return True
    entry = pwd.getpwnam(user)
    resolved = path.resolve()
    for folder in resolved.parents:
        if folder.exists() and not _may(entry, folder, 0o1):
            return False
    return not resolved.exists() or _may(entry, resolved, 0o5 if resolved.is_dir() else 0o4)


def _may(entry: pwd.struct_passwd, path: Path, wanted: int) -> bool:
    status = path.stat()
    if status.st_uid == entry.pw_uid:
        granted = status.st_mode >> 6
    elif status.st_gid == entry.pw_gid:
        granted = status.st_mode >> 3
    else:
        granted = status.st_mode
    return granted & wanted == wanted


def free_port(wanted: int = 0, host: str = "127.0.0.1") -> int | None:
    """`wanted` if nobody on this machine listens there, else None; any free port for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Ask to stop, ever more firmly, waiting the given seconds after each signal."""
    for sign, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()
