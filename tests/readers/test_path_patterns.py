"""Patterns of paths."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.readers.path_patterns import wildcard


@pytest.mark.parametrize(
    ("component", "like", "matched", "not_matched"),
    [
        ("%", False, ["a", ".a", "", "a\n"], []),
        ("a%", False, ["a", "ab"], ["ba"]),
        ("%.d", False, [".d", "x.d"], ["xd"]),
        ("a%b%", False, ["ab", "axbx"], ["a"]),
        ("_%", False, ["_x"], ["x"]),
        ("_%", True, ["x", "xy"], [""]),
        ("a_c", True, ["abc"], ["ac", "abbc"]),
        ("%%", False, ["anything"], []),
    ],
)
def test_what_a_component_matches(component: str, like: bool, matched: list[str], not_matched: list[str]) -> None:
    """A name, whole."""
    expression = wildcard(component, like=like)
    assert expression is not None
    assert all(expression.fullmatch(name) for name in matched)
    assert not any(expression.fullmatch(name) for name in not_matched)


@pytest.mark.parametrize(("component", "like"), [("plain", False), ("a_b", False), ("[x]*", False), ("", True)])
def test_a_plain_name_is_no_pattern(component: str, like: bool) -> None:
    """It is looked at by name, and no directory is listed for it."""
    assert wildcard(component, like=like) is None


@given(st.text(alphabet="%_a.*+\\[", max_size=12))
def test_any_component_is_a_pattern_or_a_name(component: str) -> None:
    """And a pattern matches itself."""
    for like in (False, True):
        expression = wildcard(component, like=like)
        assert expression is None or (isinstance(expression, re.Pattern) and expression.fullmatch(component))
