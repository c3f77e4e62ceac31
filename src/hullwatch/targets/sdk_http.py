"""Engines that are not on a Unix socket of this machine: TCP, TLS and SSH, through the adapters of the docker SDK."""

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import docker
import requests
import urllib3
from docker.tls import TLSConfig

from ..errors import Unreachable
from ..ports import KIBIBYTE
from .endpoints import Endpoint

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, docker.errors.DockerException, http.client.HTTPException, OSError)


class SdkTransport:
    """Asks through the SDK's session. SSH is the OpenSSH client, so that ssh_config, agents and jump hosts count."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float) -> None:
        """Prepare; over SSH this connects. Raises Unreachable."""
        self.endpoint = endpoint.address
        self._timeout_s = timeout_s
        try:
            self._client = docker.APIClient(
                base_url=endpoint.address, version="1.41", timeout=int(timeout_s) or 1, tls=_tls(endpoint), use_ssh_client=True
            )
        except _FAILURES as error:
            raise self._failure(error) from error

    @contextmanager
    def ask(self, target: str, *, streaming: bool = False) -> Iterator[tuple[int, BinaryIO]]:
        """Status and body of ``GET target``; each piece has ``timeout_s``. Raises Unreachable."""
        try:
            answer = self._client.get(self._client.base_url + target, stream=True, timeout=self._timeout_s, allow_redirects=False)
        except _FAILURES as error:
            raise self._failure(error) from error
        with answer, io.BufferedReader(_Body(answer, self), 64 * KIBIBYTE) as body:
            yield answer.status_code, body

    def close(self) -> None:
        """Give up all connections."""
        self._client.close()

    def failure(self, error: Exception) -> Unreachable:
        """What an error of the libraries means for the user."""
        return self._failure(error)

    def _failure(self, error: Exception) -> Unreachable:
        if isinstance(error, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError):
            return Unreachable(
                f"{self.endpoint} did not answer within {self._timeout_s:g} s", remedy="see whether a firewall or the daemon hangs"
            )
        return Unreachable(
            f"{self.endpoint}: {error}", remedy="check the address, its certificates or ssh access, and that the daemon runs"
        )


class _Body(io.RawIOBase):
    def __init__(self, answer: requests.Response, transport: SdkTransport) -> None:
        self._answer = answer
        self._transport = transport

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        try:
            data = self._answer.raw.read(len(view), decode_content=True)
        except _FAILURES as error:
            raise self._transport.failure(error) from error
        view[: len(data)] = data
        return len(data)


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    directory = endpoint.certificates
    if directory is None:
        return endpoint.address.startswith("https://")
    try:
        pair = (str(directory / "cert.pem"), str(directory / "key.pem")) if (directory / "cert.pem").exists() else None
        authority = str(directory / "ca.pem") if (directory / "ca.pem").exists() else None
        return TLSConfig(client_cert=pair, ca_cert=authority, verify=endpoint.verify)
    except (docker.errors.TLSParameterError, OSError) as error:
        raise Unreachable(f"certificates in {directory}: {error}", remedy="check DOCKER_CERT_PATH or the docker context") from error
