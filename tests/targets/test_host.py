"""This machine: what is walked of it and what is not."""

import json
from pathlib import Path

import pytest

from hullwatch.targets.host import USER_STORAGE

from .image_making import OS_RELEASE, OverlayEngine, metadata, status, take


def machine(root: Path) -> Path:
    """A root file system."""
    files = {
        "etc/os-release": OS_RELEASE,
        "etc/hostname": b"web-1\n",
        "etc/machine-id": b"0123456789abcdef\n",
        "var/lib/dpkg/status": status(("zlib", "1.2")),
        "proc/sys/kernel/osrelease": b"6.1.0-25-amd64\n",
        "proc/x-1.egg-info": metadata("proc", "1"),
        "opt/x-1.egg-info": metadata("opt", "1"),
        "srv/x-1.egg-info": metadata("srv", "1"),
        "var/lib/docker/overlay2/x/diff/x-1.egg-info": metadata("docker", "1"),
        "data/engine/x-1.egg-info": metadata("engine", "1"),
        f"home/me/{USER_STORAGE[0]}/x-1.egg-info": metadata("podman", "1"),
        "mnt/nfs/x-1.egg-info": metadata("nfs", "1"),
    }
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_container_storage_and_what_is_no_local_disk_is_not_walked_and_each_is_a_note(tmp_path: Path) -> None:
    """The engine says where it keeps everything."""
    root = machine(tmp_path)
    mounts = "1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 0:5 / /proc rw - proc proc rw\n3 1 0:6 / /mnt/nfs rw - nfs4 server:/ rw\n"
    (root / "proc/1").mkdir()
    (root / "proc/self").symlink_to("1")
    (root / "proc/1/mountinfo").write_text(mounts)
    engine = OverlayEngine(tmp_path / "unused")
    engine.answers["/info"] = json.dumps({"DockerRootDir": "/data/engine"}).encode()

    inventory = take("host", root=root, docker=engine)

    assert [package.name for package in inventory.packages] == ["zlib", "opt", "srv"]
    assert [(note.kind, note.what) for note in inventory.notes] == [
        ("not-walked", "/data/engine"),
        ("not-walked", f"/home/me/{USER_STORAGE[0]}"),
        ("not-walked", "/mnt/nfs"),
        ("not-walked", "/proc"),
        ("not-walked", "/var/lib/docker"),
    ]
    assert inventory.running_kernel == "6.1.0-25-amd64"
    assert inventory.target.identifiers == {"hostname": "web-1", "machine_id": "0123456789abcdef"}


def test_where_no_mounts_are_listed_the_usual_places_are_left_out(tmp_path: Path) -> None:
    """Without an engine too."""
    inventory = take("host", root=machine(tmp_path))

    assert [note.what for note in inventory.notes][-2:] == ["/proc", "/var/lib/docker"]
    assert "engine" in [package.name for package in inventory.packages]


def test_a_directory_is_read_whole(tmp_path: Path) -> None:
    """Whoever names it means it."""
    inventory = take(f"dir:{machine(tmp_path)}")

    assert [package.name for package in inventory.packages] == ["zlib", "docker", "engine", "nfs", "opt", "podman", "proc", "srv"]
    assert (inventory.notes, inventory.running_kernel) == ((), "")


def test_a_home_that_is_closed_to_this_user_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may ask what stands in it (root may, so the refusal is made)."""
    root, is_dir = machine(tmp_path), Path.is_dir

    def refuse(self: Path) -> bool:
        if self.is_relative_to(root / "home/me"):
            raise PermissionError
        return is_dir(self)

    monkeypatch.setattr(Path, "is_dir", refuse)
    assert "zlib" in [package.name for package in take("host", root=root).packages]
