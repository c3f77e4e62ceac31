"""Commands on this machine: lists of words, with a limit on what they say and on how long they take."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

from ..errors import Denied, LimitExceeded, NotFound, Unreachable
from ..ports import KIBIBYTE, MEBIBYTE

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "LC_ALL": "C"}
"""All that a command sees of ours: the same answer for every user, and no secrets."""
_COMPLAINT_LIMIT = 64 * KIBIBYTE


class HostCommands:
    """Port ``Commands`` for this machine."""

    def run(self, words: Sequence[str], *, limit: int = 16 * MEBIBYTE, timeout_s: float = 30) -> bytes:
        """Standard output. Raises NotFound (no such program), Denied, Unreachable (failed or timed out), LimitExceeded."""
        name = words[0]
        try:
            process = subprocess.Popen(
                list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_ENVIRONMENT,
                cwd="/", start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise NotFound(f"there is no program {name}") from error
        except PermissionError as error:
            raise Denied(f"this user may not run {name}") from error
        except OSError as error:
            raise Unreachable(f"{name} cannot be run: {error.strerror}") from error
        with process:
            try:
                said, complaint = _listen(process, limit, time.monotonic() + timeout_s)
                status = process.wait(timeout_s)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, TimeoutError | subprocess.TimeoutExpired):
                    raise Unreachable(f"{name} did not finish within {timeout_s:g} s") from error
                raise
        if status:
            why = complaint.decode("utf-8", "replace").strip()[:300] or f"it ended with status {status}"
            raise Unreachable(f"{name} failed: {why}")
        return said


def _listen(process: subprocess.Popen[bytes], limit: int, deadline: float) -> tuple[bytes, bytes]:
    """Both streams until they end. Raises TimeoutError, LimitExceeded."""
    said, complaint = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream, heap in ((process.stdout, said), (process.stderr, complaint)):
            if stream is not None:
                selector.register(stream.fileno(), selectors.EVENT_READ, heap)
        while selector.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            for key, _ in selector.select(left_s):
                piece = os.read(key.fd, 64 * KIBIBYTE)
                if not piece:
                    selector.unregister(key.fd)
                elif key.data is said or len(complaint) < _COMPLAINT_LIMIT:
                    key.data.extend(piece)
            if len(said) > limit:
                raise LimitExceeded(f"a command says more than {limit} bytes: {process.args!r}")
    return bytes(said), bytes(complaint)
