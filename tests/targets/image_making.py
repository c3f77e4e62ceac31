"""Images made in a test: layers as tars, archives of docker save in both layouts, and an engine that keeps them as overlay2 does."""

import contextlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from hullwatch.config import Limits
from hullwatch.errors import NotFound
from hullwatch.model import Gap, Inventory, Target, TargetKind
from hullwatch.model.reads import Reads
from hullwatch.ports import Docker, FactCache, File
from hullwatch.readers.catalogue import READERS, Reader
from hullwatch.targets.image.overlay import sees_marks
from hullwatch.targets.inventory import take_inventory
from tests.doubles import FixedClock, MemoryCache, QuietProgress

in_place = pytest.mark.skipif(not sees_marks(), reason="only root, outside of user namespaces, sees and makes overlayfs's marks")
CREATED = "2026-11-20T08:00:00.123456789Z"
OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


class Link(NamedTuple):
    """A symbolic link."""

    target: str


class Hard(NamedTuple):
    """A hard link."""

    target: str


class Special(NamedTuple):
    """An entry of another type."""

    kind: bytes


class Directory(NamedTuple):
    """A directory with an entry of its own."""


Item = bytes | Link | Hard | Special | Directory
Layer = Mapping[str, Item]
"""What is at which path; names that begin with ``.wh.`` are whiteouts, as in every layer."""


class Toy:
    """A reader that yields what it was lent, as a gap; ``lent`` says what that was."""

    def __init__(self, reads: Reads, *, name: str = "toy", revision: int = 1) -> None:
        self.__name__ = name
        self.reads = reads
        self.revision = revision
        self.lent: list[str] = []

    def read(self, file: File) -> Iterator[Gap]:
        self.lent.append(file.location.path)
        yield Gap(kind=self.__name__, what=file.text(1000), why=str(file.size_bytes))


def status(*packages: tuple[str, str]) -> bytes:
    """A dpkg status file."""
    stanza = "Package: {0}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {1}\n"
    return "\n".join(stanza.format(*package) for package in packages).encode()


def metadata(name: str, version: str) -> bytes:
    """A Python distribution's core metadata."""
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText\n".encode()


def tar_of(layer: Layer, *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A layer's tar, entries in the order given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, item in layer.items():
            entry = tarfile.TarInfo(name)
            match item:
                case bytes():
                    entry.size, entry.mode = len(item), 0o644
                case Link(target):
                    entry.type, entry.linkname = tarfile.SYMTYPE, target
                case Hard(target):
                    entry.type, entry.linkname = tarfile.LNKTYPE, target
                case Special(kind):
                    entry.type = kind
                case Directory():
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry, io.BytesIO(item) if isinstance(item, bytes) else None)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """With its algorithm."""
    return f"sha256:{sha256(data).hexdigest()}"


class Made(NamedTuple):
    """An image."""

    name: str
    layers: tuple[bytes, ...]
    configuration: bytes

    @property
    def id(self) -> str:
        return digest(self.configuration)

    @property
    def diff_ids(self) -> list[str]:
        return [digest(layer) for layer in self.layers]


def make(name: str, *layers: Layer | bytes, **config: object) -> Made:
    """An image; each layer's instruction is ``RUN step N``, an empty one between them."""
    tars = tuple(layer if isinstance(layer, bytes) else tar_of(layer) for layer in layers)
    history: list[dict[str, object]] = [{"created_by": f"/bin/sh -c step {number}"} for number in range(1, len(tars) + 1)]
    history.insert(1, {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True})
    configuration: dict[str, object] = {
        "architecture": "amd64",
        "os": "linux",
        "created": CREATED,
        "config": config,
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]},
    }
    return Made(name, tars, json.dumps(configuration).encode())


def old_archive(*images: Made) -> bytes:
    """As docker save of Docker 20.10 writes it: the manifest comes last."""
    entries: dict[str, Item] = {}
    manifest = []
    for image in images:
        paths = []
        for number, layer in enumerate(image.layers):
            directory = sha256(f"{image.id}{number}".encode()).hexdigest()
            entries |= {f"{directory}/VERSION": b"1.0", f"{directory}/json": b"{}", f"{directory}/layer.tar": layer}
            paths.append(f"{directory}/layer.tar")
        config = f"{image.id.removeprefix('sha256:')}.json"
        entries[config] = image.configuration
        manifest.append({"Config": config, "RepoTags": [image.name], "Layers": paths})
    return tar_of({**dict(sorted(entries.items())), "manifest.json": json.dumps(manifest).encode(), "repositories": b"{}"})


def new_archive(image: Made, *, compress: Callable[[bytes], bytes] = bytes) -> bytes:
    """As docker save of Docker 25 and later writes it: an OCI layout with a manifest.json; layers as they are, or compressed."""
    blobs = [compress(layer) for layer in image.layers]
    path = "blobs/{}".format
    named = {path(digest(blob).replace(":", "/")): blob for blob in (*blobs, image.configuration)}
    manifest = [
        {
            "Config": path(image.id.replace(":", "/")),
            "RepoTags": [image.name],
            "Layers": [path(digest(blob).replace(":", "/")) for blob in blobs],
        }
    ]
    rest = {"index.json": b'{"schemaVersion": 2}', "manifest.json": json.dumps(manifest).encode(), "oci-layout": b"{}"}
    return tar_of({"blobs/": Directory(), "blobs/sha256/": Directory(), **dict(sorted(named.items())), **rest})


class OverlayEngine:
    """A Docker Engine with the storage driver overlay2, below a directory."""

    def __init__(self, root: Path, *, endpoint: str = "unix:///run/docker.sock") -> None:
        self.endpoint = endpoint
        self.answers: dict[str, bytes] = {}
        self.streams: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._root = root
        self._directories: dict[str, list[str]] = {}

    def add(self, image: Made, *, on_disk: bool = True) -> None:
        """Load an image."""
        directories = [self._unpack(image, index) for index in range(len(image.layers))] if on_disk else []
        self._directories[image.id] = directories
        if on_disk:
            content = self._root / "image/overlay2/imagedb/content/sha256"
            content.mkdir(parents=True, exist_ok=True)
            (content / image.id.removeprefix("sha256:")).write_bytes(image.configuration)
        answer = {
            "Id": image.id,
            "RepoTags": [image.name],
            "RepoDigests": [f"example.org/{image.name.partition(':')[0]}@sha256:{'a' * 64}"],
            "GraphDriver": {"Name": "overlay2", "Data": _data(directories)},
            "RootFS": {"Type": "layers", "Layers": image.diff_ids},
            "Metadata": {"LastTagTime": "2026-11-21T08:00:00.5Z"},
        }
        for name in (image.name, image.id):
            self.answers[f"/images/{name}/json"] = json.dumps(answer).encode()
        self.streams[f"/images/{image.id}/get"] = old_archive(image)

    def run(self, name: str, image: Made, changes: Layer, *, on_disk: bool = True, **more: object) -> None:
        """Start a container of an image that was added."""
        own = self._write(f"{name:0<64}", changes)
        init = self._write(f"{name:0<64}-init", {"etc/hosts": b"", "dev/console": b""})
        directories = [*self._directories[image.id], init, own] if on_disk else []
        answer = {
            "Id": f"{name:0<64}",
            "Name": f"/{name}",
            "Image": image.id,
            "Config": {"Image": image.name},
            "State": {"Status": "running"},
            "GraphDriver": {"Name": "overlay2", "Data": _data(directories)},
            **more,
        }
        self.answers[f"/containers/{name}/json"] = json.dumps(answer).encode()

    def get(self, path: str, **query: str) -> bytes:
        self.asked.append(path)
        if path not in self.answers:
            raise NotFound(f"{path}: 404")
        return self.answers[path]

    def stream(self, path: str, **query: str) -> AbstractContextManager[BinaryIO]:
        self.asked.append(path)
        if path not in self.streams:
            raise NotFound(f"{path}: 404")
        return contextlib.nullcontext(io.BytesIO(self.streams[path]))

    def layer_directory(self, image: Made, number: int) -> Path:
        """Where a layer lies, from 1."""
        return Path(self._directories[image.id][number - 1])

    def _unpack(self, image: Made, index: int) -> str:
        chain = image.diff_ids[0]
        for diff_id in image.diff_ids[1 : index + 1]:
            chain = digest(f"{chain} {diff_id}".encode())
        cache_id = sha256(f"cache {chain}".encode()).hexdigest()
        entry = self._root / "image/overlay2/layerdb/sha256" / chain.removeprefix("sha256:")
        entry.mkdir(parents=True, exist_ok=True)
        (entry / "cache-id").write_text(cache_id)
        (entry / "diff").write_text(image.diff_ids[index])
        directory = self._root / "overlay2" / cache_id / "diff"
        if not directory.exists():
            unpack(image.layers[index], directory)
        return str(directory)

    def _write(self, identifier: str, layer: Layer) -> str:
        directory = self._root / "overlay2" / identifier / "diff"
        unpack(tar_of(layer), directory)
        return str(directory)


def unpack(tar: bytes, directory: Path) -> None:
    """Lay out a layer as overlay2 does: whiteouts are character devices 0/0, opaque directories have an attribute. Needs root for those."""
    directory.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for entry in archive:
            path = directory / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            name = path.name
            if name == ".wh..wh..opq":
                os.setxattr(path.parent, "trusted.overlay.opaque", b"y")
            elif name.startswith(".wh."):
                os.mknod(path.parent / name.removeprefix(".wh."), stat.S_IFCHR, 0)
            elif entry.isdir():
                path.mkdir(exist_ok=True)
            elif entry.issym():
                path.symlink_to(entry.linkname)
            elif entry.islnk():
                path.hardlink_to(directory / entry.linkname)
            elif entry.isfifo():
                os.mkfifo(path)
            else:
                member = archive.extractfile(entry)
                path.write_bytes(member.read() if member else b"")


def take(
    reference: str,
    *,
    docker: Docker | None = None,
    cache: FactCache | None = None,
    root: Path = Path("/"),
    readers: Sequence[Reader] = READERS,
    limits: Limits | None = None,
) -> Inventory:
    """Take an inventory with doubles for everything else."""
    kinds = {"docker": TargetKind.IMAGE, "archive": TargetKind.IMAGE, "container": TargetKind.CONTAINER, "dir": TargetKind.DIRECTORY}
    target = Target(kind=kinds.get(reference.partition(":")[0], TargetKind.HOST), reference=reference)
    return take_inventory(
        target,
        docker=docker,
        cache=MemoryCache() if cache is None else cache,
        clock=FixedClock(),
        progress=QuietProgress(),
        root=root,
        filters=readers,
        limits=limits,
    )


def places(inventory: Inventory) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Name, version, and at which paths of which layers, of every package."""
    return [(each.name, each.version, [(at.path, at.layer_number) for at in each.seen_at]) for each in inventory.packages]


def _data(directories: Sequence[str]) -> dict[str, str]:
    """As the engine names them: the top first."""
    if not directories:
        return {}
    *lower, upper = directories
    return {"UpperDir": upper, "MergedDir": "/nowhere"} | ({"LowerDir": ":".join(reversed(lower))} if lower else {})


def saved(directory: Path, data: bytes) -> str:
    """An archive in a file, as a reference."""
    path = directory / "image.tar"
    path.write_bytes(data)
    return f"archive:{path}"
