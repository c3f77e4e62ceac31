"""JSON as people write it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import LimitExceeded, Malformed
from hullwatch.readers.lenient_json import parse_lenient

LIMIT = 100_000


def value_of(text: str) -> object:
    return parse_lenient(text.encode(), "x.conf", limit=LIMIT).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, }', {"a": 1}),
        ('{"a": [1, 2,\n],\n}', {"a": [1, 2]}),
        ('# a remark\n{"a": 1} // another', {"a": 1}),
        ('{/* one\n of two lines */ "a": 1}', {"a": 1}),
        ('{"a": "x // no, # remark /* at */ all, ]"}', {"a": "x // no, # remark /* at */ all, ]"}),
        ('{"a": "say \\"hi\\" # x"}', {"a": 'say "hi" # x'}),
        ('{"a": "one \\\n two"}', {"a": "one  two"}),
        ('{"a": "one \\\r\n two"}', {"a": "one  two"}),
        ('{"a": "tab\there"}', {"a": "tab\there"}),
        ("\ufeff{}", {}),
        ("[]", []),
    ],
)
def test_what_people_write_is_understood(text: str, value: object) -> None:
    """Remarks, last commas, long strings."""
    assert value_of(text) == value


def test_of_a_name_that_stands_twice_the_first_counts() -> None:
    """And it is said."""
    document = parse_lenient(b'{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', "x.conf", limit=LIMIT)
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert document.doubled == ("c", "a")


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', '{"a": NaN}', '{"a": "', "[" * 5000, '{"a": 1,,}', "1" * 5000, "nothing"])
def test_what_is_no_json_is_malformed(text: str) -> None:
    """With the file's name."""
    with pytest.raises(Malformed, match=r"x\.conf"):
        value_of(text)


def test_an_error_names_the_line_that_people_see() -> None:
    """Remarks keep their lines."""
    with pytest.raises(Malformed, match="line 4"):
        value_of('# one\n/* two\n three */\n{"a" 1}')


def test_bytes_that_are_no_text_are_malformed() -> None:
    """A configuration is UTF-8."""
    with pytest.raises(Malformed):
        parse_lenient(b'{"a": "\xff"}', "x.conf", limit=LIMIT)


def test_a_file_beyond_the_limit_is_refused() -> None:
    """By name."""
    with pytest.raises(LimitExceeded, match=r"x\.conf is larger than 3 bytes"):
        parse_lenient(b'{"a": 1}', "x.conf", limit=3)


def test_many_quotes_take_no_longer_than_others() -> None:
    """A string without an end is looked through once."""
    with pytest.raises(Malformed):
        value_of('{"a": "' + '\\"' * 45_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_plain_json_is_what_it_says(value: object) -> None:
    """Leniency changes nothing of it."""
    assert value_of(json.dumps(value, ensure_ascii=False)) == value


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:#/*\\\n1a ', max_size=120).map(str.encode))
def test_any_bytes_are_json_or_malformed(data: bytes) -> None:
    """Nothing else is raised."""
    with suppress(Malformed):
        parse_lenient(data, "x.conf", limit=LIMIT)
