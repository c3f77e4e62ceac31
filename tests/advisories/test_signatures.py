"""Signatures of clear-signed documents."""

from pathlib import Path

import pytest

from hullwatch.advisories import signatures
from hullwatch.advisories.debian.control import parse_release
from hullwatch.advisories.signatures import find_keyring, signed_text
from hullwatch.errors import Untrusted

from .conftest import Signer

TEXT = b"Origin: Debian\nDate: today\n"


def test_the_signed_text_alone_is_handed_on(signer: Signer) -> None:
    """What stands around it is nobody's word."""
    document = b"Origin: Evil\n" + signer.sign(TEXT)
    assert signed_text(document, str(signer.keyring), "x").replace(b"\r\n", b"\n").strip() == TEXT.strip()


def test_a_changed_document_is_refused(signer: Signer) -> None:
    """One letter is enough."""
    with pytest.raises(Untrusted, match="does not fit"):
        signed_text(signer.sign(TEXT).replace(b"Debian", b"Debiam"), str(signer.keyring), "x")


@pytest.mark.parametrize("document", [b"", TEXT, b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" + TEXT])
def test_an_unsigned_document_is_refused(signer: Signer, document: bytes) -> None:
    """Nothing starts as trusted."""
    with pytest.raises(Untrusted, match="no good signature"):
        signed_text(document, str(signer.keyring), "x")


def test_a_strangers_signature_is_refused(signer: Signer, tmp_path: Path) -> None:
    """And the key is named, with what to do."""
    with pytest.raises(Untrusted, match="which is not in") as caught:
        signed_text(Signer(tmp_path / "other").sign(TEXT), str(signer.keyring), "x")
    assert "apt install" in caught.value.remedy


def test_gpgs_word_counts_and_not_its_exit_status() -> None:
    """With one of several signers' keys missing gpgv fails in spite of a good signature."""
    good = ["[GNUPG:] NO_PUBKEY ABC", "[GNUPG:] GOODSIG DEF Debian", "[GNUPG:] VALIDSIG DEF"]
    assert signatures.judged(good, TEXT, "ring", "x") == TEXT
    for bad in ("BADSIG DEF", "NODATA 1"):
        with pytest.raises(Untrusted):
            signatures.judged([*good, f"[GNUPG:] {bad}"], TEXT, "ring", "x")


@pytest.mark.parametrize("state", ["EXPSIG", "EXPKEYSIG", "REVKEYSIG"])
def test_expired_and_revoked_signatures_are_none(state: str) -> None:
    """gpgv says VALIDSIG of them too."""
    with pytest.raises(Untrusted, match=state):
        signatures.judged([f"[GNUPG:] {state} DEF Debian", "[GNUPG:] VALIDSIG DEF"], TEXT, "ring", "x")


def test_without_gpgv_or_keyring_it_is_said_what_to_install(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchecked document is not used instead."""
    with pytest.raises(Untrusted) as caught:
        find_keyring("no-such-archive-keyring")
    assert caught.value.remedy == "apt install no-such-archive-keyring"
    document = signer.sign(TEXT)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Untrusted) as caught:
        signed_text(document, str(signer.keyring), "x")
    assert caught.value.remedy == "apt install gpgv"


@pytest.mark.parametrize("suite", ["bookworm-updates", "bookworm-security"])
def test_real_release_files_are_accepted(data: Path, suite: str) -> None:
    """By the keyring of this machine, where it has one."""
    document = (data / f"debian-archive-2026-11-25/indexes/{suite}.InRelease").read_bytes()
    try:
        find_keyring("debian-archive-keyring")
    except Untrusted as error:
        pytest.skip(error.what)
    release = parse_release(signed_text(document, "debian-archive-keyring", suite), suite)
    assert release.code_name == suite
    with pytest.raises(Untrusted):
        signed_text(document.replace(b"Codename: bookworm", b"Codename: bookwarm"), "debian-archive-keyring", suite)
