"""Where a Docker Engine answers, found as the docker command finds it (https://docs.docker.com/engine/manage-resources/contexts/)."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..errors import Misuse, Unreachable

SYSTEM_SOCKET = "/var/run/docker.sock"
_SCHEMES = ("unix://", "tcp://", "https://", "http://", "ssh://")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address and, for TLS, where certificates lie."""

    address: str
    """``unix://PATH``, ``tcp://HOST:PORT`` or ``ssh://USER@HOST``."""
    certificates: Path | None = None
    """Directory with ca.pem, cert.pem and key.pem."""
    verify: bool = True
    named: bool = True
    """Somebody named it; else it is where an engine answers if there is one."""

    @property
    def is_absent(self) -> bool:
        """Whether nobody asked for an engine and there is none."""
        return not self.named and not _exists(Path(self.address.removeprefix("unix://")))


class _Config(msgspec.Struct):
    current_context: str = msgspec.field(name="currentContext", default="")


class _Docker(msgspec.Struct):
    host: str = msgspec.field(name="Host", default="")
    skip_verify: bool = msgspec.field(name="SkipTLSVerify", default=False)


class _Endpoints(msgspec.Struct):
    docker: _Docker


class _Meta(msgspec.Struct):
    endpoints: _Endpoints = msgspec.field(name="Endpoints")


def find_endpoint(named: str, environ: Mapping[str, str], *, system_socket: str = SYSTEM_SOCKET) -> Endpoint:
    """What is named, else DOCKER_HOST, the current context, /var/run/docker.sock, or a rootless engine's socket.

    Raises Misuse for an address of no known kind, Unreachable for a context that is not there.
    """
    directory = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or "/root") / ".docker")
    if host := named or environ.get("DOCKER_HOST", ""):
        return _checked(host, _certificates(environ, directory), verify=bool(environ.get("DOCKER_TLS_VERIFY")))
    context = environ.get("DOCKER_CONTEXT") or _current_context(directory)
    if context and context != "default":
        return _of_context(context, directory)
    rootless = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent") / "docker.sock"
    usual = rootless if not _exists(Path(system_socket)) and _exists(rootless) else system_socket
    return Endpoint(address=f"unix://{usual}", named=False)


def _checked(address: str, certificates: Path | None, *, verify: bool) -> Endpoint:
    if address.startswith("/"):
        return Endpoint(address=f"unix://{address}")
    if not address.startswith(_SCHEMES) or address in _SCHEMES or not (address.startswith("unix://") or _has_port_that_can_be(address)):
        raise Misuse(f"{address!r} is no address of a Docker Engine", remedy="say unix://PATH, tcp://HOST:PORT or ssh://USER@HOST")
    return Endpoint(address=address, certificates=certificates, verify=verify)


def _has_port_that_can_be(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _certificates(environ: Mapping[str, str], directory: Path) -> Path | None:
    """As the docker command: with DOCKER_TLS_VERIFY or DOCKER_CERT_PATH set, certificates are used."""
    if named := environ.get("DOCKER_CERT_PATH"):
        return Path(named)
    return directory if environ.get("DOCKER_TLS_VERIFY") else None


def _current_context(directory: Path) -> str:
    try:
        return msgspec.json.decode((directory / "config.json").read_bytes(), type=_Config).current_context
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""  # as the docker command: it warns, and uses the default


def _of_context(name: str, directory: Path) -> Endpoint:
    import hashlib

    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = msgspec.json.decode((directory / "contexts/meta" / key / "meta.json").read_bytes(), type=_Meta)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        remedy = "see docker context ls, or name the engine in DOCKER_HOST"
        raise Unreachable(f"the docker context {name!r} cannot be read: {error}", remedy=remedy) from error
    certificates = directory / "contexts/tls" / key / "docker"
    docker = meta.endpoints.docker
    return _checked(docker.host, certificates if _exists(certificates) else None, verify=not docker.skip_verify)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a directory above it is closed to us: let connecting say so
        return True
