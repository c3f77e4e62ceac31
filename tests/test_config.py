"""Settings: what wins over what, and what is refused."""

import os
from pathlib import Path

import pytest

from hullwatch.config import Settings, load_settings
from hullwatch.errors import Misuse


def test_options_win_over_environment_over_files(tmp_path: Path) -> None:
    """Options win over variables, those over the file here, that over the file in the home."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    (home / "hullwatch.toml").write_text('mirror = "/home"\nfail_on = "critical"\nmax_age_h = 3\ntimeout_s = 9\n')
    (here / "hullwatch.toml").write_text(f'home = "{home}"\nmirror = "/here"\nfail_on = "low"\nmax_age_h = 2\n')
    settings = load_settings({"HULLWATCH_MIRROR": "/variable", "HULLWATCH_FAIL_ON": "high"}, here, {"mirror": "/option", "fail_on": None})
    assert (settings.mirror, settings.fail_on, settings.max_age_h, settings.timeout_s) == ("/option", "high", 2, 9)
    assert settings.home == home
    assert settings.files == (str(here / "hullwatch.toml"), str(home / "hullwatch.toml"))


def test_nothing_set_gives_the_defaults(tmp_path: Path) -> None:
    """Without files and variables the defaults hold; the home is below the user's."""
    settings = load_settings({}, tmp_path, {})
    assert settings.home == Path("~/.local/share/hullwatch").expanduser()
    assert settings.fail_on == Settings().fail_on


@pytest.mark.parametrize(
    "text", ["colour = true\n", "mirror = 1\n", "offline = 'perhaps'\n", "[[", "limits = 3\n", "[limits]\nfiles = 1\n"]
)
def test_a_file_that_cannot_be_understood_is_misuse(tmp_path: Path, text: str) -> None:
    """Unknown keys, wrong types and broken TOML are misuse, with the file or key named."""
    (tmp_path / "hullwatch.toml").write_text(text)
    with pytest.raises(Misuse):
        load_settings({}, tmp_path, {})


def test_variables_are_text_and_are_read_as_what_they_mean(tmp_path: Path) -> None:
    """A variable's text becomes a number, a truth value or a path; what is none is misuse."""
    settings = load_settings({"HULLWATCH_OFFLINE": "1", "HULLWATCH_MAX_AGE_H": "2.5", "HULLWATCH_WAIVERS": "w.yaml"}, tmp_path, {})
    assert (settings.offline, settings.max_age_h, settings.waivers) == (True, 2.5, Path("w.yaml"))
    with pytest.raises(Misuse, match="offline"):
        load_settings({"HULLWATCH_OFFLINE": "perhaps"}, tmp_path, {})


RULE = '[[notify]]\nname = "ops"\n'


def test_rules_of_notification_are_tables_of_a_file(tmp_path: Path) -> None:
    """With their defaults; a variable of that name is none."""
    (tmp_path / "hullwatch.toml").write_text(RULE + 'url_file = "~/url"\nkinds = ["benchmark"]\nchanges = ["all"]\n')
    (rule,) = load_settings({"HULLWATCH_NOTIFY": "x"}, tmp_path, {}).notify
    assert (rule.name, rule.severity, rule.targets) == ("ops", "high", ("*",))
    assert rule.url_file == Path("~/url").expanduser()
    assert rule.kinds == ("benchmark",)


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        RULE + 'url = "json://s3cret"\nurl_env = "URL"\n',
        RULE + 'url = "json://s3cret"\n' + RULE + 'url = "json://s3cret"\n',
        RULE + 'url = "json://s3cret"\nkinds = ["s3cret"]\n',
        '[[notify]]\nname = "Ops Team"\nurl = "json://s3cret"\n',
    ],
)
def test_a_rule_that_cannot_be_understood_is_misuse_that_keeps_its_secret(tmp_path: Path, text: str) -> None:
    """It needs one place of its URL, a plain name of its own, and known words; nothing of the URL is shown, in no form."""
    (tmp_path / "hullwatch.toml").write_text(text)
    with pytest.raises(Misuse, match="notify") as raised:
        load_settings({}, tmp_path, {})
    assert "json://" not in str(raised.value)


def test_a_rule_shows_no_secret(tmp_path: Path) -> None:
    """Not where settings are printed or logged."""
    (tmp_path / "hullwatch.toml").write_text(RULE + 'url = "json://user:s3cret@host"\n')
    assert "s3cret" not in repr(load_settings({}, tmp_path, {}))


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "1e18", "soon"])
def test_a_number_that_means_nothing_is_misuse(tmp_path: Path, value: str) -> None:
    """No time is negative, endless or no number; a limit is at least 1, and directories nest no deeper than calls may."""
    for variable in ("HULLWATCH_TIMEOUT_S", "HULLWATCH_MAX_AGE_H"):
        with pytest.raises(Misuse, match=variable.removeprefix("HULLWATCH_").lower()):
            load_settings({variable: value}, tmp_path, {})
    for line in ("entries = 0", "depth = 401", "layers = true"):
        (tmp_path / "hullwatch.toml").write_text(f"[limits]\n{line}\n")
        with pytest.raises(Misuse, match="limits"):
            load_settings({}, tmp_path, {})


def test_an_empty_variable_is_unset(tmp_path: Path) -> None:
    """As pipelines leave them; an empty home is not the directory we stand in."""
    empty = {f"HULLWATCH_{key}": "" for key in ("HOME", "OFFLINE", "TIMEOUT_S", "FAIL_ON", "WAIVERS")}
    assert load_settings(empty, tmp_path, {}) == load_settings({}, tmp_path, {})


@pytest.mark.parametrize("mirror", ["ftp://x", "http://", "http://[::1", "https://x:99999", "http://x\ny", "/a\0b"])
def test_a_mirror_that_cannot_be_asked_is_misuse(tmp_path: Path, mirror: str) -> None:
    """Before anything is looked at."""
    with pytest.raises(Misuse, match="mirror"):
        load_settings({}, tmp_path, {"mirror": mirror})


@pytest.mark.parametrize("mirror", ["", "feeds", "~/feeds", "/a b/ü", "file:///feeds", "https://mirror.example.org:8443/feeds"])
def test_a_mirror_is_a_directory_or_an_address(tmp_path: Path, mirror: str) -> None:
    """Whether anything is there is seen when something is fetched."""
    assert load_settings({}, tmp_path, {"mirror": mirror}).mirror == mirror


@pytest.mark.parametrize(
    "data",
    [b"\x82\xff", b"a = " + b"[" * 5000, b"max_age_h = " + b"9" * 5000, b"#" * 70_000, b'waivers = "a\\u0000b"'],
    ids=["no-utf8", "deep", "digits", "large", "nul"],
)
def test_a_hostile_file_is_misuse(tmp_path: Path, data: bytes) -> None:
    """Whatever it holds, it is read within limits and its name is said."""
    (tmp_path / "hullwatch.toml").write_bytes(data)
    with pytest.raises(Misuse):
        load_settings({}, tmp_path, {})


def test_only_a_regular_file_holds_settings(tmp_path: Path) -> None:
    """A pipe is not waited for, a directory and an endless device are not read."""
    file = tmp_path / "hullwatch.toml"
    os.mkfifo(file)
    with pytest.raises(Misuse, match="regular"):
        load_settings({}, tmp_path, {})
    file.unlink()
    file.mkdir()
    with pytest.raises(Misuse, match="regular"):
        load_settings({}, tmp_path, {})
    file.rmdir()
    file.symlink_to("/dev/zero")
    with pytest.raises(Misuse, match="regular"):
        load_settings({}, tmp_path, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_settings_that_someone_left_here_are_not_followed(tmp_path: Path) -> None:
    """In /tmp another user could leave a file that says where we fetch and write; where they own the directory, we came to them."""
    file = tmp_path / "hullwatch.toml"
    file.write_text("timeout_s = 9\n")
    os.chown(file, 12345, 12345)
    with pytest.raises(Misuse, match="12345"):
        load_settings({}, tmp_path, {})
    os.chown(tmp_path, 12345, 12345)
    assert load_settings({}, tmp_path, {}).timeout_s == 9


def test_a_file_that_is_there_and_closed_is_misuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it asks for would silently not be heeded, a threshold for instance. Where its directory is closed nobody knows of it."""

    def closed(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hullwatch.config.os.open", closed)
    assert load_settings({}, tmp_path, {}).files == ()
    (tmp_path / "hullwatch.toml").write_text('fail_on = "low"\n')
    with pytest.raises(Misuse, match="this user may not read it"):
        load_settings({}, tmp_path, {})
