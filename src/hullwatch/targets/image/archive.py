"""Images in archives as ``docker save`` writes them, read in one pass as they flow by: the old layout (``<id>/layer.tar``) and the one
that is an OCI layout too (``blobs/sha256/…``), whole or layers compressed with gzip or zstd.

Layers may come in any order and before the manifest that names them, so each is read when it comes; its diff ID is computed from the
bytes that were read, and must in the end be the one that the configuration declares.
"""

import os
import posixpath
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import LimitExceeded, Malformed, NotFound, Untrusted
from ...model import Digest, Gap, ImageFacts, Layer
from ...ports import Step
from ..files import unreadable
from .configuration import Configuration, image_facts, layers_of, parse_configuration
from .flow import Counted, Hashed, Pushed, Source, decompressed, is_compressed, read_exactly
from .layer_facts import LayerFacts
from .layers import LayerRead
from .taking import Contents, Taking
from .tar import BLOCK, Entry, Tar, is_header
from .tarred import Tarred, clean, followed

MANIFEST = "manifest.json"
_ALL_DOCUMENTS = 4
"""Times ``document_bytes``: what all documents of one archive may take."""
_NAMES = 10_000
"""Documents and links of one archive: per image and layer there are a few."""
_NO_IMAGE = "this is no archive of docker save: use docker save -o FILE IMAGE"


class _Manifest(Struct, rename="pascal"):
    config: str
    layers: list[str] | None = None
    repo_tags: list[str] | None = None


class SavedImage(Struct):
    """One image of an archive."""

    image_id: Digest
    """Digest of its configuration."""
    document: bytes
    configuration: Configuration
    names: tuple[str, ...]
    layers: tuple[LayerRead, ...]
    gaps: tuple[Gap, ...]


class ArchiveRead(Struct):
    """The image of an archive file, as read."""

    facts: ImageFacts
    layers: tuple[Layer, ...]
    contents: Contents
    gaps: tuple[Gap, ...]


class _Layer(Struct):
    diff_id: Digest
    facts: LayerFacts
    tarred: Tarred


class Archive:
    """One pass over an archive."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._layers: dict[str, _Layer] = {}
        self._documents: dict[str, bytes] = {}
        self._document_bytes = 0
        self._links: dict[str, str] = {}

    def read(self, source: Source) -> SavedImage:
        """Read an archive's image; the first, when there are several. Raises Malformed, Untrusted, LimitExceeded."""
        tar = Tar(decompressed(source, self._taking.limits))
        for entry in tar:
            self._taking.budget.met(1)
            if len(self._documents) + len(self._links) > _NAMES:
                raise LimitExceeded(f"an archive with more than {_NAMES} documents and links", remedy=_NO_IMAGE)
            path = clean(entry.name)
            if path is None:
                raise Malformed(f"an archive's entry leads out of it: {entry.name[:80]!r}", remedy=_NO_IMAGE)
            if entry.kind == "0" and not entry.is_directory:
                self._read_entry(tar, entry, path)
            elif entry.kind == "2":
                self._links[path] = followed(path, entry.link)
        return self._image()

    def _read_entry(self, tar: Tar, entry: Entry, path: str) -> None:
        """A layer or a document, as its first bytes say; names differ between those who write archives."""
        if posixpath.basename(path) in ("json", "VERSION", "repositories", "oci-layout"):
            return
        head = read_exactly(tar, BLOCK)
        if is_compressed(head) or is_header(head):
            self._read_layer(Pushed(head, tar), path)
        elif head.lstrip()[:1] in (b"{", b"["):
            self._read_document(Pushed(head, tar), entry, path)

    def _read_layer(self, source: Source, path: str) -> None:
        self._taking.check_layers(len(self._layers) + 1)
        with Hashed(decompressed(source, self._taking.limits)) as hashed:
            tarred = Tarred(self._taking.wanted, self._taking.collector())
            facts = tarred.read(Tar(hashed))
            diff_id = hashed.finish()
        self._taking.kept.save(diff_id, facts)
        self._layers[path] = _Layer(diff_id, facts, tarred)

    def _read_document(self, source: Source, entry: Entry, path: str) -> None:
        limit = self._taking.limits.document_bytes
        self._document_bytes += entry.size_bytes
        if entry.size_bytes > limit or self._document_bytes > _ALL_DOCUMENTS * limit:
            raise LimitExceeded(f"{path} has {entry.size_bytes} bytes", remedy="raise document_bytes below [limits] in hullwatch.toml")
        self._documents[path] = read_exactly(source, entry.size_bytes)

    def _image(self) -> SavedImage:
        manifest, *others = self._manifests()
        document = self._documents.get(self._real(manifest.config))
        if document is None:
            raise Malformed(f"an archive lacks {manifest.config[:80]!r}, which its manifest names", remedy=_NO_IMAGE)
        image_id = Digest(f"sha256:{sha256(document).hexdigest()}")
        said = posixpath.basename(manifest.config).removesuffix(".json")
        if len(said) == len(image_id) - 7 and f"sha256:{said}" != image_id:
            raise Untrusted(f"an image's configuration has the digest {image_id}, not sha256:{said}")
        configuration = parse_configuration(document)
        names = tuple(manifest.repo_tags or ())
        layers = self._ordered(manifest.layers or [], configuration.diff_ids)
        why = "the archive holds several images and the first is read; save it on its own"
        gaps = tuple(Gap(kind="archive", what=(each.repo_tags or [each.config])[0], why=why) for each in others)
        return SavedImage(image_id, document, configuration, names, layers, gaps)

    def _manifests(self) -> list[_Manifest]:
        try:
            manifests = msgspec.json.decode(self._documents[MANIFEST], type=list[_Manifest])
        except KeyError as error:
            raise Malformed(f"an archive without {MANIFEST}", remedy=_NO_IMAGE) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed(f"{MANIFEST} of an archive cannot be understood: {error}", remedy=_NO_IMAGE) from error
        if not manifests:
            raise Malformed(f"{MANIFEST} of an archive names no image", remedy=_NO_IMAGE)
        return manifests

    def _ordered(self, paths: Sequence[str], diff_ids: Sequence[Digest]) -> tuple[LayerRead, ...]:
        """The layers in the manifest's order, each of them the one that the configuration declares."""
        if len(paths) != len(diff_ids):
            raise Untrusted(f"an image's manifest names {len(paths)} layers, its configuration {len(diff_ids)}")
        ordered = []
        for number, (path, diff_id) in enumerate(zip(paths, diff_ids, strict=True), 1):
            layer = self._layers.get(self._real(path))
            if layer is None:
                raise Malformed(f"an archive lacks {path[:80]!r}, a layer that its manifest names", remedy=_NO_IMAGE)
            if layer.diff_id != diff_id:
                raise Untrusted(f"layer {number} has the diff ID {layer.diff_id}; the image declares {diff_id}")
            covers = self._taking.kept.covers(diff_id, layer.tarred.covers)
            ordered.append(LayerRead(layer.facts, covers, diff_id, number))
        return tuple(ordered)

    def _real(self, path: str) -> str:
        """Layers that an archive holds once may be named by links."""
        path = clean(path) or ""
        for _ in range(len(self._links)):
            if path not in self._links:
                break
            path = self._links[path]
        return path


def read_archive(path: str, taking: Taking) -> ArchiveRead:
    """Read the image in an archive file. Raises NotFound, Denied, Malformed, Untrusted, LimitExceeded."""
    try:
        with Path(path).open("rb", buffering=0) as source:
            size_bytes = os.fstat(source.fileno()).st_size
            with taking.progress.step(f"reading {Path(path).name}", size_bytes, "B") as step:
                saved = Archive(taking).read(Watched(source, step))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: there is no such file", remedy="check the path") from error
    except IsADirectoryError as error:
        raise Malformed(f"{path} is a directory, no archive", remedy=f"dir:{path} reads a root file system") from error
    except OSError as error:
        failure = unreadable(path, error)
        raise failure from error
    facts = image_facts(saved.configuration, saved.image_id, names=saved.names)
    return ArchiveRead(facts, layers_of(saved.configuration), taking.lay_streamed(saved.layers), saved.gaps)


class Watched:
    """A source whose reader says how far it has come."""

    def __init__(self, source: Source, step: Step) -> None:
        self._source = source
        self._step = step

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self._step.advance(len(piece))
        return piece


def read_export(taking: Taking, source: Source) -> tuple[LayerRead, ...]:
    """Read a container's file system as the engine exports it: one piece, no layers. Raises Malformed, LimitExceeded."""
    tarred = Tarred(taking.wanted, taking.collector(), layer=False)
    facts = tarred.read(Tar(Counted(source, taking.limits)))
    return (LayerRead(facts, tarred.covers),)
