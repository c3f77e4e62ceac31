"""The scripts that a host is sent: fixed, quoted, and not run in part."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.targets.ssh.script import Skip, about, fetch, find, look

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
SCRIPTS = (
    about(sudo=True),
    find(
        ["etc/os-release"],
        ["**/*.egg-info", "var/lib/dpkg/info/*.list"],
        Skip(["proc"], ["var/lib/docker"], ["x"]),
        large_bytes=1024,
        limit_s=9,
    ),
    fetch(["a b", "c'd"], [("etc", "*.conf")], follow=True, limit_s=9),
    look(["a"], ["b"]),
)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


def run(script: str, shell: str = "sh") -> bytes:
    """What a script prints here."""
    words = [shell, "sh"] if shell == "busybox" else [shell]
    whole = f"hullwatch() {{\n{script}\n}}\nhullwatch </dev/null\nexit 0\n"
    return subprocess.run(words, input=whole.encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_understands_them(shell: str) -> None:
    """None is run here: the shell only reads them."""
    for script in SCRIPTS:
        words = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
        subprocess.run(words, input=f"hullwatch() {{\n{script}\n}}\n".encode(), check=True, capture_output=True)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_cut_short_does_nothing(script: str, tmp_path: Path) -> None:
    """Wherever the connection ended: its one function is not called."""
    whole = f"hullwatch() {{\n>{tmp_path}/ran\n{script}\n}}\nhullwatch </dev/null\n".encode()
    for end in range(0, len(whole) - len(b"hullwatch </dev/null\n"), 97):
        subprocess.run(["sh"], input=whole[:end], capture_output=True, check=False)
    assert not (tmp_path / "ran").exists()


@given(NAMES)
def test_any_name_is_one_word(name: str) -> None:
    """No name of a file is anything to the shell but a name."""
    path = f"nowhere-{os.getpid()}/{name}"
    assert run(look([path], [path])) == b""
    assert run(fetch([path], [(path, "*")], limit_s=9)) == b""


def test_what_stands_at_paths(tmp_path: Path) -> None:
    """Itself, not where a link leads; bytes that are no UTF-8 come back as they are."""
    odd = tmp_path / "o'd\udcffd\n"
    odd.mkdir()
    (odd / "file").write_bytes(b"x")
    (odd / "link").symlink_to("fi le\n")
    inside = str(odd)[1:]
    named = run(find([inside, f"{inside}/file", f"{inside}/link", f"{inside}/none"], [], Skip([], [], []), large_bytes=1024, limit_s=9))
    path = os.fsencode(odd)
    assert named == b"D%b\0F%b/file\0L%b/link\0fi le\n\0" % (path, path, path)
    state, target = run(look([f"{inside}/link"], [])).split(b"\0")[1:3]
    assert (int(state.split()[0], 16) & 0o170000, target) == (0o120000, b"fi le\n")
    assert run(look([], [inside])) == b"W%b\0Yfile\0Ylink\0" % path


def test_globs_mean_to_find_what_they_mean_to_us() -> None:
    """Brackets and backslashes are plain; a leading ``**/`` is any depth; the last component is asked first."""
    script = find([], ["**/a[b]*", "x\\y/*.list", "**/EGG-INFO/PKG-INFO"], Skip(["mnt/[1]"], [], []), large_bytes=1024, limit_s=9)
    assert r"-name 'a\[b]*' -o -name '*.list' -path '/x\\y/*.list' -o -name PKG-INFO -path '*/EGG-INFO/PKG-INFO'" in script
    assert r"-path '/mnt/\[1]' -o" in script
