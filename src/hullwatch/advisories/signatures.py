"""Clear-signed documents (RFC 9580 section 7), checked by gpgv against a keyring of this machine.

What counts is gpgv's machine-readable word (doc/DETAILS in GnuPG), not its exit status: with one of several signers' keys
missing it fails in spite of a good signature.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import Untrusted

_KEYRINGS = ("/usr/share/keyrings/{name}.gpg", "/usr/share/keyrings/{name}.pgp", "/etc/apt/trusted.gpg.d/{name}.gpg")
_TIMEOUT_S = 60
_DAMNING = frozenset(("BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "ERRSIG", "NODATA"))


def signed_text(document: bytes, keyring: str, what: str) -> bytes:
    """The part of a document that a key of the keyring has signed, and nothing around it. Raises Untrusted.

    ``keyring`` is the name of a package's keyring (``debian-archive-keyring``) or the path of one; ``what`` is named in errors.
    """
    path = find_keyring(keyring)
    try:
        with TemporaryDirectory(prefix="hullwatch-") as home:
            status, text = _gpgv(document, path, Path(home))
    except FileNotFoundError as error:
        raise Untrusted(f"{what}: gpgv is not installed, so its signature cannot be checked", remedy="apt install gpgv") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise Untrusted(f"{what}: gpgv failed: {error}") from error
    return judged(status.splitlines(), text, keyring, what)


def judged(status: Iterable[str], text: bytes, keyring: str, what: str) -> bytes:
    """The text, if gpgv's status lines say that it is well signed. Raises Untrusted."""
    words = [line.split()[1:] for line in status if line.startswith("[GNUPG:] ") and len(line.split()) > 1]
    said = {word[0] for word in words}
    if "GOODSIG" in said and "VALIDSIG" in said and not said & {"BADSIG", "NODATA"} and text:
        return text
    if "BADSIG" in said:
        raise Untrusted(f"{what}: its signature does not fit", remedy="do not use this mirror")
    if missing := [word[1] for word in words if word[0] == "NO_PUBKEY" and len(word) > 1]:
        raise Untrusted(
            f"{what}: signed by {', '.join(missing)}, which is not in {keyring}", remedy=f"apt install --only-upgrade {keyring}"
        )
    raise Untrusted(f"{what}: no good signature ({', '.join(sorted(said & _DAMNING)) or 'none at all'})")


def _gpgv(document: bytes, keyring: Path, home: Path) -> tuple[str, bytes]:
    """gpgv's status lines and the signed text. A document with several signed parts is refused by gpgv itself."""
    signed, status = home / "signed", home / "status"
    signed.write_bytes(document)
    with status.open("wb") as stream:
        done = subprocess.run(
            ["gpgv", "--homedir", str(home), "--keyring", str(keyring), "--status-fd", str(stream.fileno()), "--output", "-", str(signed)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(stream.fileno(),), check=False, timeout=_TIMEOUT_S,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        )  # fmt: skip
    return status.read_text("utf-8", "replace"), done.stdout


def find_keyring(keyring: str) -> Path:
    """Where a keyring lies. Raises Untrusted, saying which package brings it."""
    for path in (Path(keyring),) if "/" in keyring else [Path(form.format(name=keyring)) for form in _KEYRINGS]:
        if path.is_file():
            return path
    raise Untrusted(f"{keyring} is not installed, so signatures cannot be checked", remedy=f"apt install {keyring}")
