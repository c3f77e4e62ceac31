"""Which files patterns mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import Misuse
from hullwatch.targets.watch.patterns import NOWHERE, Patterns, parse_left_out, parse_watched


def told(patterns: Patterns, path: str) -> str:
    """Category under which a path is told of; empty when it is not."""
    places = patterns.start
    for name in filter(None, path.split("/")):
        places = patterns.step(places, name)
    pattern = patterns.telling(places).of
    return pattern.category if pattern else ""


def enters(patterns: Patterns, path: str) -> bool:
    """Whether a directory there is watched."""
    places = patterns.start
    for name in filter(None, path.split("/")):
        places = patterns.step(places, name)
    return patterns.telling(places).enters if places else False


@pytest.mark.parametrize(
    ("text", "meant", "not_meant", "entered", "not_entered"),
    [
        ("/d/%%", ["/d/a", "/d/.a", "/d/a/b/c"], ["/d", "/e"], ["/", "/d", "/d/a", "/d/a/b"], ["/e"]),
        ("/d/**", ["/d/a", "/d/a/b"], ["/d"], ["/d/a"], []),
        ("/d/%", ["/d/a", "/d/.a"], ["/d", "/d/a/b"], ["/d"], ["/d/a"]),
        ("/d/", ["/d/a"], ["/d", "/d/a/b"], ["/d"], ["/d/a"]),
        ("/d", ["/d", "/d/a"], ["/d/a/b", "/e"], ["/", "/d"], ["/d/a"]),
        ("/d/%sh", ["/d/sh", "/d/bash"], ["/d/bashrc", "/d/x/sh"], ["/d"], ["/d/bash"]),
        (
            "/h/%/.ssh/%%",
            ["/h/a/.ssh/k", "/h/a/.ssh/d/k"],
            ["/h/a", "/h/a/.ssh", "/h/a/x/k", "/h/a/b/.ssh/k"],
            ["/h", "/h/a", "/h/a/.ssh"],
            ["/h/a/x"],
        ),
        ("/h/*/x", ["/h/a/x", "/h/a/x/y"], ["/h/a"], ["/h/a/x"], ["/h/a/x/y"]),
        ("/m/%%/x.conf", ["/m/a", "/m/a/b"], ["/m"], ["/m/a"], []),
        ("/m/a%%", ["/m/ab", "/m/a", "/m/ab/c"], ["/m", "/m/b"], ["/m/ab"], ["/m/b"]),
        ("/%%", ["/a", "/a/b"], [], ["/", "/a"], []),
        ("//d///e", ["/d/e"], ["/d"], ["/d"], []),
        ("/d/[x]?", ["/d/[x]?"], ["/d/x1"], ["/d"], []),
    ],
)
def test_what_a_pattern_means(text: str, meant: list[str], not_meant: list[str], entered: list[str], not_entered: list[str]) -> None:
    """Files told of, and directories that have to be watched for it: no others."""
    patterns = Patterns([parse_watched("c", text)])
    assert {path: told(patterns, path) for path in (*meant, *not_meant)} == dict.fromkeys(meant, "c") | dict.fromkeys(not_meant, "")
    assert {path: enters(patterns, path) for path in (*entered, *not_entered)} == dict.fromkeys(entered, True) | dict.fromkeys(
        not_entered, False
    )


def test_the_pattern_that_says_more_counts() -> None:
    """In whatever order they stand."""
    each = [parse_watched("home", "/home/%%"), parse_watched("keys", "/home/%/.ssh/%%"), parse_watched("root", "/%%")]
    for patterns in (Patterns(each), Patterns(each[::-1])):
        assert [told(patterns, path) for path in ("/home/a/.ssh/k", "/home/a/x", "/etc")] == ["keys", "home", "root"]


@pytest.mark.parametrize(
    ("text", "left", "stays"),
    [
        ("/d/x/", ["/d/x/a", "/d/x/a/b"], ["/d/x", "/d/xy"]),
        ("/d/x/%%", ["/d/x/a", "/d/x/a/b"], ["/d/x"]),
        ("/d/x", ["/d/x", "/d/x/a"], ["/d/xy"]),
        ("/d/%.swp", ["/d/a.swp", "/d/a.swp/b"], ["/d/a", "/d/b/c.swp"]),
        ("/d/%/cache/%%", ["/d/a/cache/f"], ["/d/a/cache", "/d/a/f"]),
        ("/d/%%", ["/d/a"], []),
    ],
)
def test_what_is_left_out_is_neither_told_nor_watched(text: str, left: list[str], stays: list[str]) -> None:
    """With all below, of every category."""
    patterns = Patterns([parse_watched("c", "/d/%%"), parse_watched("all", "/%%"), parse_left_out(text)])
    assert {path: told(patterns, path) for path in left} == dict.fromkeys(left, "")
    assert not any(enters(patterns, path) for path in left)
    assert all(told(patterns, path) for path in stays)


def test_a_name_alone_leads_nowhere() -> None:
    """Only what is left out goes on there: nothing is watched for it."""
    patterns = Patterns([parse_watched("c", "/d/%%"), parse_left_out("/e/x")])
    assert patterns.step(patterns.start, "e") == NOWHERE


def test_what_is_left_of_a_pattern_goes_on_elsewhere() -> None:
    """Behind a link."""
    patterns = Patterns([parse_watched("c", "/var/run/%.pid")])
    places = patterns.step(patterns.step(patterns.start, "var"), "run")
    ((number, met),) = patterns.telling(places).through_links
    patterns.derive(number, met, "run")
    assert [told(patterns, path) for path in ("/run/a.pid", "/run/a", "/var/run/a.pid")] == ["c", "", "c"]


@pytest.mark.parametrize("text", ["", "relative/%%", "%%", "/a\0b"])
def test_a_pattern_is_an_absolute_path(text: str) -> None:
    """It says so."""
    with pytest.raises(Misuse):
        parse_watched("c", text)
    with pytest.raises(Misuse):
        parse_left_out(text)


@given(st.lists(st.text(alphabet="/%*ab.", max_size=12).map("/".__add__), min_size=1, max_size=4), st.text(alphabet="ab./", max_size=12))
def test_what_is_told_of_can_be_reached(texts: list[str], path: str) -> None:
    """Every directory above it is watched."""
    patterns = Patterns([parse_watched(text, text) for text in texts])
    if told(patterns, path):
        names = [name for name in path.split("/") if name]
        assert all(enters(patterns, "/".join(names[:count])) for count in range(len(names)))
