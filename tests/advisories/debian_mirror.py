"""A Debian archive of a test's own, laid out as a mirror: signed indexes, sources and binary packages that hold changelogs."""

import gzip
import hashlib
import io
import lzma
import tarfile
from pathlib import Path

from .conftest import Signer

SUITES = {"bookworm": "debian", "bookworm-updates": "debian", "bookworm-security": "debian-security"}
DATE = "Tue, 24 Nov 2026 02:12:15 UTC"
CHANGELOGS = Path(__file__).parents[1] / "data/debian-archive-2026-11-25/changelogs"


def changelog(*entries: tuple[str, str]) -> str:
    """A changelog of these versions, newest first, each with one point."""
    form = "example ({}) unstable; urgency=medium\n\n  * {}\n\n -- A Maintainer <a@example.org>  Mon, 01 Jun 2026 00:00:00 +0000\n\n"
    return "".join(form.format(*entry) for entry in entries)


def tar(**members: str | bytes) -> bytes:
    """A tar archive; two underscores in a name stand for a slash."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name.replace("__", "/").replace("ROOT", "."))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def deb(data: bytes, *, name: str = "data.tar.xz") -> bytes:
    """A binary package with this data."""
    packed = lzma.compress(data) if name.endswith(".xz") else data
    members = (("debian-binary", b"2.0\n"), ("control.tar.xz", lzma.compress(tar())), (name, packed))
    form = "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n"
    return b"!<arch>\n" + b"".join(
        form.format(each, 0, 0, 0, 100644, len(content)).encode() + content + b"\n" * (len(content) % 2) for each, content in members
    )


def documented(package: str, text: str, *, before: bytes = b"") -> bytes:
    """The data of a package that holds its changelog, after other content."""
    members = {"ROOT__usr__bin__x": before} | {f"ROOT__usr__share__doc__{package}__changelog.Debian.gz": gzip.compress(text.encode())}
    return tar(**members)


class Mirror:
    """Three suites of bookworm; what was added is visible once it is published."""

    def __init__(self, root: Path, signer: Signer) -> None:
        self.root = root
        self._signer = signer
        self._sources: dict[str, str] = dict.fromkeys(SUITES, "")
        self._packages: dict[str, str] = dict.fromkeys(SUITES, "")
        self.dates = dict.fromkeys(SUITES, DATE)
        self.valid_until: dict[str, str] = {}

    def source(
        self, suite: str, name: str, version: str, text: str | None = None, *, kind: str = "debian.tar.xz", content: bytes = b"",
        built: bool = True,
    ) -> None:  # fmt: skip
        """Offer a source with this changelog, or with this content; without either its file is listed and not there.

        Unless told otherwise it is built, into a package that is too small to hold a changelog.
        """
        is_there = bool(content) or text is not None
        content = (
            content
            or {
                "debian.tar.xz": lambda: lzma.compress(tar(debian__changelog=text or "")),
                "tar.xz": lambda: lzma.compress(tar(**{f"{name}__README": "x", f"{name}__debian__changelog": text or ""})),
                "diff.gz": lambda: gzip.compress(_diff(name, text or "").encode()),
            }[kind]()
        )
        file, directory = f"{name}_{version.partition(':')[2] or version}.{kind}", self._directory(suite, name)
        self._sources[suite] += (
            f"Package: {name}\nBinary: {name}\nVersion: {version}\nChecksums-Sha256:\n {'0' * 64} 9 {name}.dsc\n"
            f" {hashlib.sha256(content).hexdigest()} {len(content)} {file}\nDirectory: {directory}\n\n"
        )
        if built:
            self.binary(suite, name, f"{name} ({version})", None, size=1000)
        if is_there:
            self._write(suite, f"{directory}/{file}", content)

    def binary(self, suite: str, name: str, source: str, content: bytes | None, *, size: int = 0) -> None:
        """Offer a binary package of a source, written as in a ``Source`` field; without content it is listed and not there."""
        path = f"{self._directory(suite, name)}/{name}_1_amd64.deb"
        data = content or b""
        self._packages[suite] += (
            f"Package: {name}\nSource: {source}\nVersion: 1\nFilename: {path}\nSize: {size or len(data)}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n\n"
        )
        if content is not None:
            self._write(suite, path, data)

    def support(self, content: bytes) -> None:
        """Offer the package that lists what is no longer supported, with this archive as its source."""
        self.source("bookworm", "debian-security-support", "1:12+2026.06.30", kind="tar.xz", content=lzma.compress(content))

    def publish(self) -> None:
        """Write the indexes and sign them."""
        for suite, archive in SUITES.items():
            indexes = {
                "main/source/Sources.xz": lzma.compress(self._sources[suite].encode()),
                "main/binary-amd64/Packages.xz": lzma.compress(self._packages[suite].encode()),
            }
            for path, data in indexes.items():
                self._write(suite, f"dists/{suite}/{path}", data)
            listed = "".join(f" {hashlib.sha256(data).hexdigest()} {max(65, len(data))} {path}\n" for path, data in indexes.items())
            valid = f"Valid-Until: {self.valid_until[suite]}\n" if suite in self.valid_until else ""
            component = "updates/main" if archive == "debian-security" else "main"
            text = (
                f"Origin: Debian\nSuite: x\nCodename: {suite}\nDate: {self.dates[suite]}\n{valid}Components: {component}\nSHA256:\n{listed}"
            )
            self._write(suite, f"dists/{suite}/InRelease", self._signer.sign(text.encode()))

    def path(self, suite: str, path: str) -> Path:
        """Where something of a suite's archive lies."""
        return self.root / "deb.debian.org" / SUITES[suite] / path

    def _directory(self, suite: str, name: str) -> str:
        return f"pool/{'updates/' if SUITES[suite] == 'debian-security' else ''}main/{name[0]}/{name}"

    def _write(self, suite: str, path: str, data: bytes) -> None:
        target = self.path(suite, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _diff(name: str, text: str) -> str:
    lines = text.splitlines()
    added = "".join(f"+{line}\n" for line in lines)
    return (
        f"--- {name}.orig/src.c\n+++ {name}/src.c\n@@ -1 +1 @@\n-a\n+example (9-9) x; y=z\n"
        f"--- {name}.orig/debian/changelog\n+++ {name}/debian/changelog\n@@ -0,0 +1,{len(lines)} @@\n{added}"
        f"--- {name}.orig/debian/control\n+++ {name}/debian/control\n@@ -0,0 +1 @@\n+example (8-8) x; y=z\n"
    )
