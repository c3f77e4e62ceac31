"""Reading one local image in every way there is, each as a whole process without a cache of facts; ``speed.py`` has the usual ones.

``python benchmarks/image_speed.py [--peer] [--cold] [IMAGE]``. ``--peer`` runs syft beside it, where it is installed; ``--cold`` drops the
machine's page cache before each run (needs root, and slows down everyone else). Layers compressed by gzip are also compared with igzip
alone over the same bytes.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from speed import HULLWATCH, MEBIBYTE, Cost, Measured, _empty, _line, _peer, cost

_IGZIP = """
import sys
from isal import igzip
for path in sys.argv[1:]:
    with igzip.open(path) as stream:
        while stream.read(1 << 20):
            pass
"""
_STREAMED = """
import sys
from hullwatch.__main__ import main
from hullwatch.targets import docker
docker.image_places = lambda *_: None
sys.argv[0] = "hullwatch"
main()
"""


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", nargs="?", default="hullwatch-big:1")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--cold", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        _measure(asked.image, asked.cold, _peer("syft") if asked.peer else None, Path(directory))


def _measure(image: str, cold: bool, syft: str | None, directory: Path) -> None:
    home, saved, layout = f"{directory}/home", f"{directory}/image.tar", f"{directory}/layout.tar"
    fresh = _fresh(home, cold)
    words = [HULLWATCH, "inventory", "--format", "json"]
    scan = [syft or "", "scan", "-q", "-o", "json"]
    _show("in place", cost([*words, f"docker:{image}"], home=home, between=fresh), [*scan, f"docker:{image}"] if syft else None, fresh)
    _show("unchanged", cost([*words, f"docker:{image}"], home=home), None, fresh)
    _show(
        "streamed by the engine",
        cost([sys.executable, "-c", _STREAMED, *words[1:], f"docker:{image}"], home=home, between=fresh),
        None,
        fresh,
    )
    subprocess.run(["docker", "save", "-o", saved, image], check=True)
    _show(
        "saved", cost([*words, f"archive:{saved}"], home=home, between=fresh), [*scan, f"docker-archive:{saved}"] if syft else None, fresh
    )
    layers = _compress(Path(saved), Path(layout), directory)
    size = sum(Path(layer).stat().st_size for layer in layers) // MEBIBYTE
    _show(f"layers of {size} MiB gzip", cost([*words, f"archive:{layout}"], home=home, between=fresh), None, fresh)
    _show("  igzip alone, the same bytes", cost([sys.executable, "-c", _IGZIP, *layers], between=fresh), None, fresh)


def _show(work: str, ours: Cost, peer: list[str] | None, fresh: Callable[[], None]) -> None:
    theirs = cost(peer, times=1, between=fresh) if peer else None
    print(_line(Measured(work, ours, "syft" if peer else "", theirs)), flush=True)


def _fresh(home: str, cold: bool) -> Callable[[], None]:
    """What is done before each run."""

    def fresh() -> None:
        _empty(home)
        if cold:
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3")

    return fresh


def _compress(saved: Path, layout: Path, directory: Path) -> list[str]:
    """The same image as newer engines save it, its layers compressed; and where the compressed layers lie."""
    compressed = []
    with tarfile.open(saved) as source, tarfile.open(layout, "w") as target:
        (manifest,) = json.load(_member(source, "manifest.json"))
        for number, name in enumerate(manifest["Layers"]):
            path = directory / f"{number}.gz"
            with gzip.open(path, "wb", compresslevel=6) as packed, _member(source, name) as layer:
                while piece := layer.read(MEBIBYTE):
                    packed.write(piece)
            with path.open("rb") as packed_again:
                blob = f"blobs/sha256/{hashlib.file_digest(packed_again, 'sha256').hexdigest()}"
            target.add(path, blob)
            manifest["Layers"][number] = blob
            compressed.append(str(path))
        for name, data in (
            (manifest["Config"], _member(source, manifest["Config"]).read()),
            ("manifest.json", json.dumps([manifest]).encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            target.addfile(entry, io.BytesIO(data))
    return compressed


def _member(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    stream = archive.extractfile(name)
    assert isinstance(stream, io.BufferedReader), f"{name} is no file"  # noqa: S101 - docker save wrote it
    return stream


if __name__ == "__main__":
    main()
