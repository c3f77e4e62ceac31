"""A machine beside this one for tests: a real sshd in a root of its own, made of this machine's programs; as root, on loopback."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

GNU = ("sh", "find", "tar", "head", "sed", "tr", "readlink", "printf", "id", "uname", "stat", "od", "timeout", "cat", "rm")
BUSYBOX = GNU
SUDO_FILES = ("/usr/bin/sudo", "/usr/libexec/sudo/sudoers.so", "/usr/libexec/sudo/libsudo_util.so.0")
PASSWD = "root:x:0:0::/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n{users}"
ACCOUNT = "{name}:x:{uid}:{uid}::/home/{name}:/bin/sh\n"
DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


def needs() -> str:
    """Why no machine can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "an sshd in a root of its own needs root"
    programs = ("sshd", "ssh", "ssh-keygen", "busybox", "sudo", "unshare", "chroot", "ldd")
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    return f"there is no {', '.join(missing)} here" if missing else ""


class Machine:
    """Its root, its keys, and where it listens. ``users`` besides root let in the key that root lets in."""

    def __init__(self, root: Path, keys: Path, *, busybox: bool = False, users: Sequence[str] = ("me",)) -> None:
        self.root = root
        self.key = keys / "key"
        self.host_key = keys / "host"
        keys.mkdir()
        for key in (self.key, self.host_key):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
        self.port = 0
        self._users = users
        self._furnish(busybox)

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> Path:
        """A file in its root."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)
        return place

    @contextmanager
    def listening(self, *options: str) -> Iterator["Machine"]:
        """Let it listen, with further options of sshd_config."""
        self.port = free_port()
        config = {
            "ListenAddress": "127.0.0.1",
            "Port": str(self.port),
            "HostKey": "/etc/ssh/host",
            "AuthorizedKeysFile": "/etc/ssh/authorized",
            "UsePAM": "no",
            "PidFile": "none",
            "PrintLastLog": "no",
            "LogLevel": "INFO",
        }
        self.write(
            "etc/ssh/sshd_config", "".join(f"{key} {value}\n" for key, value in config.items()) + "".join(f"{each}\n" for each in options)
        )
        inside = f"mount -t proc proc {self.root}/proc && exec chroot {self.root} /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config"
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", inside], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        with process:
            assert process.stderr is not None
            try:
                said = b""
                while b"Server listening" not in said:
                    line = process.stderr.readline()
                    assert line, said
                    said += line
                drain = threading.Thread(target=process.stderr.read, daemon=True)
                drain.start()
                yield self
            finally:
                process.terminate()
                process.wait()
                drain.join()

    def known(self, key: Path | None = None) -> str:
        """Its line of known_hosts."""
        kind, data, *_ = (key or self.host_key).with_suffix(".pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {data}\n"

    def _furnish(self, busybox: bool) -> None:
        for directory in (
            "proc",
            "run/sshd",
            "dev",
            "root",
            "tmp",
            "bin",
            "etc/ssh",
            "usr/sbin",
            *(f"home/{user}" for user in self._users),
        ):
            (self.root / directory).mkdir(parents=True, exist_ok=True)
        (self.root / "tmp").chmod(0o1777)
        self._install(Path("/usr/sbin/sshd"))
        for path in (*map(Path, SUDO_FILES), *Path("/usr/lib/openssh").glob("sshd-*"), *Path("/lib").glob("*/security/pam_permit.so")):
            if path.exists():
                self._install(path)
        if busybox:
            self._install(Path("/usr/bin/busybox"), "bin/busybox")
            for name in BUSYBOX:
                (self.root / "bin" / name).symlink_to("busybox")
        else:
            for name in GNU:
                self._install(Path(shutil.which(name) or name).resolve(), f"bin/{name}")
        users = "".join(ACCOUNT.format(name=name, uid=1000 + number) for number, name in enumerate(self._users))
        self.write("etc/passwd", PASSWD.format(users=users))
        self.write("etc/shadow", "root:*:1::::::\n" + "".join(f"{name}:*:1::::::\n" for name in self._users), 0o600)
        self.write("etc/group", "root:x:0:\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
        self.write("etc/hosts", f"127.0.0.1 localhost {socket.gethostname()}\n")
        self.write("etc/pam.d/sudo", "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n")
        self.write("etc/sudoers", "", 0o440)
        self.write("etc/ssh/host", self.host_key.read_bytes(), 0o600)
        self.write("etc/ssh/authorized", self.key.with_suffix(".pub").read_bytes())
        for name, numbers in DEVICES.items():
            os.mknod(self.root / "dev" / name, 0o020666, os.makedev(*numbers))
            (self.root / "dev" / name).chmod(0o666)

    def _install(self, program: Path, place: str = "") -> None:
        """A program or library of this machine, and the libraries it asks for, under the names by which they are asked for."""
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        libraries = [word for line in listed.splitlines() for word in line.split() if word.startswith("/")]
        for source, target in ((program, place or str(program)[1:]), *((Path(each), each[1:]) for each in libraries)):
            copy = self.root / target
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
                copy.chmod(source.stat().st_mode)


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def configure(directory: Path, monkeypatch: pytest.MonkeyPatch, *, known: str, key: Path, more: str = "") -> None:
    """What a user keeps in ~/.ssh: known hosts, a key, and ssh_config. The client finds its home in passwd, so a script names the file."""
    (directory / "known_hosts").write_text(known)
    (directory / "config").write_text(
        f"{more}\nHost *\n  UserKnownHostsFile {directory}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  IdentityFile {key}\n"
        "  IdentitiesOnly yes\n  IdentityAgent none\n"
    )
    (directory / "bin").mkdir(exist_ok=True)
    (directory / "bin/ssh").write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh", path="/usr/local/bin:/usr/bin:/bin")} -F {directory}/config "$@"\n'
    )
    (directory / "bin/ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}/bin:/usr/sbin:/usr/bin:/sbin:/bin")


class Between:
    """A wire to a port of loopback that is cut, or falls silent, after so many bytes towards the client."""

    def __init__(self, port: int, *, after_bytes: int, cut: bool) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._target = port
        self._left = after_bytes
        self._cut = cut
        self._open = ExitStack()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "Between":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._open.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            client, _ = self._server.accept()
            host = socket.create_connection(("127.0.0.1", self._target))
            for each in (client, host):
                self._open.callback(_end, each)
            self._threads += [
                threading.Thread(target=self._pass, args=ends, daemon=True) for ends in ((client, host, False), (host, client, True))
            ]
            for thread in self._threads[1:]:
                thread.start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(16384):
                if counted and len(piece) >= self._left:
                    if self._cut:
                        _end(source)
                        _end(target)
                    return
                self._left -= len(piece) if counted else 0
                target.sendall(piece)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
