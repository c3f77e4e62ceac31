"""The doorstep: ``hullwatch`` and ``python -m hullwatch`` begin here. It stands above the doors and is the only module that knows both.

The command line (``cli``) never imports the server (``web``): ``hullwatch serve`` is handed how to open it.
"""

from collections.abc import Callable

from .cli.main import main as run_command
from .cli.serve import Listening
from .config import Settings


def open_web(settings: Settings, listening: Listening, say: Callable[[str], None]) -> None:
    """Serve until stopped. The server's libraries are imported here, when somebody serves. Raises as ``serve_until_stopped``."""
    from .web.serving import Listener, serve_until_stopped

    listener = Listener(
        host=listening.host,
        port=listening.port,
        behind_proxy=listening.behind_proxy,
        certificate=listening.certificate,
        key=listening.key,
    )
    listener.check()
    serve_until_stopped(settings, listener, say)


def main() -> None:
    """Run the command line."""
    run_command(open_web)


if __name__ == "__main__":
    main()
