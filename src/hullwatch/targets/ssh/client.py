"""The OpenSSH client as a process: one connection to a host (a control master), over which each question is one round trip.

A question is a script for ``sh``, sent on standard input; its answer begins and ends with a word made up for it, so that nothing that
a login shell, a banner or a log-out script prints can be taken for part of it. Nobody is asked for anything, host keys are always
checked, and of the user's ssh_config only what opens doors into this machine, or runs commands once connected, is set aside.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from ...errors import NotFound, Unreachable
from .address import Address
from .answer import Answer

OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "LogLevel=ERROR",
    "Compression=yes",
    "ConnectionAttempts=1",
    "ServerAliveCountMax=3",
    "ControlMaster=auto",
    "ControlPersist=60",
)
"""Before what the user's ssh_config says. A master that we could not end ends itself after a minute."""
_SHORT = "/tmp"  # noqa: S108  # mkdtemp makes the directory, 0700; a socket's path has room for 100 bytes only
_LEAVE_S = 5


class Connection:
    """One host. Close it, or forget it: the master and its socket go either way."""

    def __init__(self, address: Address, *, identity_file: str = "", timeout_s: float = 30) -> None:
        """Connects when it is first asked. ``timeout_s``: how long connecting may take, and silence within an answer."""
        self.address = address
        self.timeout_s = timeout_s
        self.round_trips = 0
        directory = tempfile.mkdtemp(prefix="hullwatch-", dir=_SHORT if os.access(_SHORT, os.W_OK | os.X_OK) else None)
        self.words = _words(address, f"{directory}/master", identity_file, timeout_s)
        self.close = weakref.finalize(self, _close, (*self.words, "-O", "exit", "--", address.host), directory)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def ask(self, script: str, *, as_root: bool = False, patience_s: float | None = None) -> Iterator[Answer]:
        """One round trip: run a script there and read what it prints. Surrogates in it are bytes of paths that are no UTF-8.

        ``patience_s``: how long it may be silent once it speaks. Raises Denied, Untrusted, Unreachable, NotFound (no OpenSSH client here).
        """
        mark = secrets.token_hex(16)
        text = f"hullwatch() {{\nprintf '\\n%s\\n' {mark}\n{script}\nprintf 'Z%s\\0' {mark}\n}}\nhullwatch </dev/null\nexit 0\n"
        self.round_trips += 1
        with tempfile.TemporaryFile() as given:
            given.write(text.encode("utf-8", "surrogateescape"))
            given.seek(0)
            process = _start((*self.words, "--", self.address.host, "sudo -n sh" if as_root else "sh"), given)
        with process:
            answer = Answer(process, self.address, mark, self.timeout_s if patience_s is None else patience_s)
            try:
                answer.begin(2 * self.timeout_s)
                yield answer
            finally:
                answer.leave()


def _words(address: Address, control_path: str, identity_file: str, timeout_s: float) -> tuple[str, ...]:
    """The client's command line up to the host."""
    alive_s = max(1, int(timeout_s / 3))
    options = (*OPTIONS, f"ControlPath={control_path}", f"ConnectTimeout={max(1, int(timeout_s))}", f"ServerAliveInterval={alive_s}")
    words = ["ssh", *(word for option in options for word in ("-o", option))]
    words += ["-i", identity_file] if identity_file else []
    words += ["-l", address.user] if address.user else []
    words += ["-p", str(address.port)] if address.port else []
    return tuple(words)


def _start(words: Sequence[str], given: IO[bytes]) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"LC_ALL": "C"}
    try:
        return subprocess.Popen(
            words, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True, bufsize=0
        )
    except FileNotFoundError as error:
        raise NotFound("there is no program ssh", remedy="install the OpenSSH client (Debian: openssh-client)") from error
    except OSError as error:
        raise Unreachable(f"ssh cannot be run: {error.strerror}") from error


def _close(words: Sequence[str], directory: str) -> None:
    if os.path.exists(f"{directory}/master"):  # noqa: PTH110  # at the interpreter's end less is left than a Path wants
        with suppress(OSError, subprocess.TimeoutExpired):
            null = subprocess.DEVNULL
            subprocess.run(words, stdin=null, stdout=null, stderr=null, timeout=_LEAVE_S, check=False)
    shutil.rmtree(directory, ignore_errors=True)
