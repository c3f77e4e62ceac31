"""Where the binary packages of a source lie, from the Packages indexes: fetched only when no source file answers, each once."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock

from ...errors import HullwatchError
from ...ports import MEBIBYTE
from ..records import Listed, Opener
from .control import fields_of, paragraphs
from .memory import Index
from .pool import Binary
from .sources import Offer

_WANTED = re.compile(rb"^(?:Package|Source|Version|Filename|Size|SHA256):[^\n]*", re.MULTILINE)
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")

_CHEAP = 2 * MEBIBYTE

Key = tuple[str, str]
"""A source and its version."""


class Binaries:
    """Knows the binary packages of suites. Safe to use from several threads."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes
        self._known: dict[str, Mapping[Key, Sequence[Binary]] | HullwatchError] = {}
        self._lock = Lock()

    def of(self, offer: Offer, architectures: Collection[str], open_: Opener) -> Sequence[Binary]:
        """The binary packages of the offered version for these architectures. Raises what fetching an index raises."""
        wanted = (offer.source, offer.version)
        return [binary for index in self._concerning(offer, architectures) for binary in self._read(index, open_).get(wanted, ())]

    def not_built_for(self, offer: Offer, architectures: Collection[str], open_: Opener) -> tuple[str, ...]:
        """Architectures for which the offered version is not built, where that is cheap to know: the index of a whole release is not asked.

        Raises what fetching an index raises.
        """
        if any(index.size_bytes > _CHEAP for index in self._concerning(offer, architectures)):
            return ()
        known = [each for each in architectures if self._concerning(offer, {each})]
        return tuple(sorted(each for each in known if not self.of(offer, {each}, open_)))

    def _concerning(self, offer: Offer, architectures: Collection[str]) -> Sequence[Index]:
        suites, components = {place.suite for place in offer.places}, _components(offer)
        return [
            each for each in self._indexes if each.suite in suites and each.architecture in architectures and each.component in components
        ]

    def _read(self, index: Index, open_: Opener) -> Mapping[Key, Sequence[Binary]]:
        with self._lock:
            if index.address not in self._known:
                self._known[index.address] = _fetched(index, open_)
            known = self._known[index.address]
        if isinstance(known, HullwatchError):
            raise known
        return known


def _components(offer: Offer) -> frozenset[str]:
    """``main`` of ``…/pool/main/c/curl`` and of ``…/pool/updates/main/c/curl``."""
    return frozenset(place.directory.partition("/pool/")[2].removeprefix("updates/").partition("/")[0] for place in offer.places)


def _fetched(index: Index, open_: Opener) -> Mapping[Key, Sequence[Binary]] | HullwatchError:
    found: dict[Key, list[Binary]] = {}
    try:
        with open_(index.address, Listed(index.address, index.sha256, index.size_bytes)).stream as stream:
            for paragraph in paragraphs(stream, index.address):
                for source, binary in _binary(paragraph, index.address.partition("/dists/")[0]):
                    found.setdefault(source, []).append(binary)
    except HullwatchError as error:
        return error
    return found


def _binary(paragraph: bytes, archive: str) -> Iterator[tuple[Key, Binary]]:
    fields = fields_of(b"\n".join(_WANTED.findall(paragraph)))
    source = _SOURCE.fullmatch(fields.get("Source", fields.get("Package", "")))
    if source is not None and {"Version", "Filename", "Size", "SHA256"} <= fields.keys() and fields["Size"].isdecimal():
        file = Listed(fields["Filename"].rpartition("/")[2], fields["SHA256"], int(fields["Size"]))
        yield (source[1], source[2] or fields["Version"]), Binary(f"{archive}/{fields['Filename']}", file)
