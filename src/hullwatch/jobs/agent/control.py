"""How an agent is told to stop or to read its configuration again, and how it waits: safe to be asked from a signal handler."""

import os
import select


class Control:
    """Asked by a door, obeyed by the job between two queries."""

    def __init__(self) -> None:
        self.stopping = False
        self._reload = False
        self._read_end, self._write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def ask_stop(self) -> None:
        """End soon."""
        self.stopping = True
        self._wake()

    def ask_reload(self) -> None:
        """Read the configuration again soon."""
        self._reload = True
        self._wake()

    def take_reload(self) -> bool:
        """Whether that was asked for since this was last called."""
        asked, self._reload = self._reload, False
        return asked

    def wait(self, timeout_s: float) -> None:
        """Until something is asked, or the time is over."""
        if select.select((self._read_end,), (), (), timeout_s)[0]:
            os.read(self._read_end, 1 << 20)

    def close(self) -> None:
        """No more asking."""
        os.close(self._read_end)
        os.close(self._write_end)

    def _wake(self) -> None:
        try:
            os.write(self._write_end, b"!")
        except BlockingIOError:
            return  # it is awake already
