"""Hosts to run plays on: this machine once more, each with a name, a root that can be written without harm, and an sshd on loopback."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SSHD = "/usr/sbin/sshd"
NEEDS = ("setpriv", "unshare", "mount", "ssh", "ssh-keygen", "sudo", SSHD)
USER = "operator"

_BOOT = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$there"
mkdir "$there/upper" "$there/work" "$there/root"
mount -t overlay -o "lowerdir=/,upperdir=$there/upper,workdir=$there/work" overlay "$there/root"
cd "$there/root"
for each in /proc /dev /sys; do mount --rbind "$each" ".$each"; done
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0755 tmpfs run
mkdir run/sshd
for each in /run/docker.sock /run/docker.pid; do [ ! -e "$each" ] || { touch ".$each"; mount --bind "$each" ".$each"; }; done
for each in /run/docker /run/containerd /var/lib/docker; do [ ! -d "$each" ] || { mkdir -p ".$each"; mount --rbind "$each" ".$each"; }; done
mkdir -p srv/shared etc/hullwatch-test
mount --bind "$shared" srv/shared
[ -z "$renamed" ] || { hostname "$name"; echo "127.0.1.1 $name" >>etc/hosts; }
echo "$user:x:4242:4242::/home/$user:/bin/sh" >>etc/passwd
echo "$user:*:19000:0:99999:7:::" >>etc/shadow
echo "$user:x:4242:" >>etc/group
echo "$user ALL=(ALL) NOPASSWD:ALL" >etc/sudoers.d/hullwatch-test
echo 'Defaults env_keep += "PIP_*"' >>etc/sudoers.d/hullwatch-test
chmod 0440 etc/sudoers.d/hullwatch-test
install -d -o 4242 -g 4242 "home/$user"
rm -rf opt/hullwatch usr/local/bin/hullwatch root/.local/share/hullwatch etc/hullwatch
rm -f etc/sysusers.d/hullwatch* etc/systemd/system/hullwatch*
sed -i '/^hullwatch:/d' etc/passwd etc/shadow etc/group
cp "$keys"/host_key "$keys"/authorized_keys "$keys"/sshd_config etc/hullwatch-test/
chown root:root etc/hullwatch-test etc/hullwatch-test/*
chmod 0600 etc/hullwatch-test/host_key
exec chroot . "$sshd" -D -e -f /etc/hullwatch-test/sshd_config
"""
"""Runs in namespaces of its own (mounts, host name): all of it vanishes with its last process."""


class Host(NamedTuple):
    """A host that is up."""

    name: str
    port: int


class Site(NamedTuple):
    """Hosts, and what a control node needs to reach them."""

    hosts: tuple[Host, ...]
    inventory: Path
    shared: Path
    """This directory is ``/srv/shared`` on every host."""

    def run(self, host: Host, command: str) -> str:
        """What a command says on a host, as root."""
        words = ["ssh", *self._options(), "-p", str(host.port), f"{USER}@127.0.0.1", f"sudo sh -c '{command}'"]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL).stdout

    def _options(self) -> list[str]:
        return ssh_options(self.inventory.parent)


def missing() -> list[str]:
    """What hosts need and this machine has not."""
    lacking = [name for name in NEEDS if shutil.which(name) is None]
    return lacking + ([] if os.geteuid() == 0 else ["root"])


def ssh_options(directory: Path) -> list[str]:
    """How to reach the hosts of a site in this directory: with its key, and with its host key and no other."""
    options = {
        "IdentityFile": directory / "user_key",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": directory / "known_hosts",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": "hullwatch-test",
        "ConnectionAttempts": "20",  # one a second, while it comes up
        "ControlMaster": "auto",
        "ControlPath": f"/tmp/hullwatch-test-{os.getpid()}-%p",  # short: a socket's path has 108 bytes
        "ControlPersist": "3s",
    }
    return ["-F", "none", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]


@contextmanager
def site_of(directory: Path, *names: str) -> Iterator[Site]:
    """Hosts of these names, up while the context lasts.

    The first calls itself as this machine does, so that it is its Docker daemon's machine; to the others it is the daemon of another one.
    """
    shared = directory / "shared"
    shared.mkdir(parents=True)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True)
    (directory / "authorized_keys").write_text((directory / "user_key.pub").read_text())
    (directory / "known_hosts").write_text("hullwatch-test " + (directory / "host_key.pub").read_text())
    hosts = tuple(Host(name, _free_port()) for name in names)
    processes = []
    try:
        for host in hosts:
            processes.append(_boot(directory, host, shared, renamed=host is not hosts[0]))
        yield Site(hosts, _inventory(directory, hosts), shared)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=20)


def _boot(directory: Path, host: Host, shared: Path, *, renamed: bool) -> subprocess.Popen[bytes]:
    there, keys = directory / host.name / "there", directory / host.name / "keys"
    there.mkdir(parents=True)
    keys.mkdir()
    for name in ("host_key", "authorized_keys"):
        shutil.copy(directory / name, keys)
    pip = " ".join(f'"{name}={value}"' for name, value in os.environ.items() if name.startswith("PIP_"))
    (keys / "sshd_config").write_text(
        f"Port {host.port}\nListenAddress 127.0.0.1\nHostKey /etc/hullwatch-test/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile /etc/hullwatch-test/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        f"AllowUsers {USER}\nSubsystem sftp internal-sftp\n" + (f"SetEnv {pip}\n" if pip else "")
    )
    environment = os.environ | {
        "there": str(there),
        "keys": str(keys),
        "shared": str(shared),
        "name": host.name,
        "renamed": "yes" if renamed else "",
        "user": USER,
        "sshd": SSHD,
    }
    with (directory / host.name / "log").open("wb") as log:
        words = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "unshare",
            "--mount",
            "--uts",
            "sh",
            "-c",
            _BOOT,
        ]  # not even kill -9 leaves a host behind
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _inventory(directory: Path, hosts: tuple[Host, ...]) -> Path:
    path = directory / "inventory.ini"
    lines = [f"{host.name} ansible_host=127.0.0.1 ansible_port={host.port}" for host in hosts]
    options = " ".join(f"'{word}'" if " " in word else word for word in ssh_options(directory))
    common = [f"ansible_user={USER}", "ansible_python_interpreter=/usr/bin/python3", f'ansible_ssh_common_args="{options}"']
    path.write_text("\n".join(["[docker]", *lines, "", "[docker:vars]", *common, ""]))
    return path
