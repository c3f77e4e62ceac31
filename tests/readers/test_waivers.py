import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import HullwatchError, LimitExceeded, Misuse
from hullwatch.model import Waiver
from hullwatch.readers import waivers
from hullwatch.readers.waivers import parse_waivers

TWO = b"""\
# what we live with
waivers:
  - rule: CVE-2023-45853
    subject: zlib
    target: "docker:nginx:*"
    reason: minizip is not shipped
    until: 2027-03-01
    who: ops@example.org
  - {gap: feed-missing, reason: "no network", until: '2027-01-31'}
"""


def parse(data: bytes | str) -> tuple[Waiver, ...]:
    return parse_waivers(data if isinstance(data, bytes) else data.encode(), "w.yaml")


def test_a_waiver_says_what_why_and_until_when() -> None:
    """In the order of the file, each with its place; what is not given matches everything."""
    assert parse(TWO) == (
        Waiver(
            rule="CVE-2023-45853",
            subject="zlib",
            target="docker:nginx:*",
            reason="minizip is not shipped",
            until=date(2027, 3, 1),
            who="ops@example.org",
            origin="w.yaml:3",
        ),
        Waiver(gap="feed-missing", reason="no network", until=date(2027, 1, 31), origin="w.yaml:9"),
    )


@pytest.mark.parametrize("data", [b"", b"# nothing yet\n", b"waivers:\n", b"waivers: []\n", b"waivers: ~", b"{}", b"---\n"])
def test_a_file_without_waivers_is_one(data: bytes) -> None:
    """Empty, or with a list that is still to be filled."""
    assert parse(data) == ()


@pytest.mark.parametrize("text", ["4.10", "yes", "1e3", "0x10"])
def test_words_are_taken_as_written(text: str) -> None:
    """A rule that looks like a number to YAML is still the rule that was written."""
    (waiver,) = parse(f"waivers:\n- rule: {text}\n  reason: {text}\n  until: 2027-01-31\n")
    assert (waiver.rule, waiver.reason) == (text, text)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        ("waivers:\n- rule: a\n  until: 2027-01-31\n", 2, "without reason"),
        ("waivers:\n- rule: a\n  reason: x\n", 2, "without until"),
        ("waivers:\n- rule: a\n", 2, "without reason and until"),
        ("waivers:\n- subject: a\n  reason: x\n  until: 2027-01-31\n", 2, "rule or gap"),
        ("waivers:\n- gap: a\n  rule: b\n  reason: x\n  until: 2027-01-31\n", 2, "rule or gap"),
        ("waivers:\n- rule: a\n  reason: x\n  untill: 2027-01-31\n", 4, "unknown key 'untill'"),
        ("waivers:\n- rule: a\n  reason: x\n  reason: y\n  until: 2027-01-31\n", 4, "twice"),
        ("waivers:\n- rule: a\n  reason:\n  until: 2027-01-31\n", 3, "reason is no text"),
        ("waivers:\n- rule: a\n  reason: ~\n  until: 2027-01-31\n", 3, "reason is no text"),
        ("waivers:\n- rule: a\n  reason: ' '\n  until: 2027-01-31\n", 3, "reason is no text"),
        ("waivers:\n- rule: [a]\n  reason: x\n  until: 2027-01-31\n", 2, "rule is no text"),
        ("waivers:\n- rule: a\n  reason: x\n  until: tomorrow\n", 4, "no day"),
        ("waivers:\n- rule: a\n  reason: x\n  until: 2027-02-30\n", 4, "no day"),
        ("waivers:\n- rule: a\n  reason: x\n  until: 20270131\n", 4, "no day"),
        ("waivers:\n- rule: a\n  reason: x\n  until: [2027-01-31]\n", 4, "no day"),
        ("waivers:\n- CVE-2024-0001\n", 2, "keys and values"),
        ("waivers: CVE-2024-0001\n", 1, "no list"),
        ("waivers:\n  rule: a\n", 2, "no list"),
        ("- rule: a\n", 1, "keys and values"),
        ("waiver:\n- rule: a\n", 1, "unknown key 'waiver'"),
        ("waivers:\n- ? [a]\n  : b\n", 2, "unknown key"),
        ("waivers:\n- <<: {rule: a}\n", 2, "unknown key '<<'"),
    ],
)
def test_what_is_no_waiver_is_refused_with_its_line(data: str, line: int, words: str) -> None:
    """A misspelt or endless exception must not pass for one; the message says where and what to do."""
    with pytest.raises(Misuse, match=words) as raised:
        parse(data)
    assert raised.value.what.startswith(f"w.yaml:{line}: ")
    assert raised.value.remedy


@pytest.mark.parametrize(
    "data", [b"waivers: [", b"\t- a", b"a: b: c", b"\xff\xfe\x00", b"[" * 100_000, b"- " * 100_000, b"!!python/object/apply:os.system [x]"]
)
def test_what_is_no_yaml_is_refused(data: bytes) -> None:
    """Damaged, nested without end, or meant to be run: nothing is."""
    with pytest.raises(Misuse) as raised:
        parse(data)
    assert raised.value.what.startswith("w.yaml")
    assert "\n" not in raised.value.what


def test_references_do_not_multiply() -> None:
    """Ten levels of ten references each are refused, not built."""
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))
    with pytest.raises(Misuse):
        parse(f"waivers:\n- rule: x\n  a0: &a0 x\n{levels}")


def test_a_file_larger_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what the limit is."""
    monkeypatch.setattr(waivers, "LIMIT", 10)
    with pytest.raises(LimitExceeded, match="10 bytes"):
        parse(TWO)


@given(
    st.lists(
        st.sampled_from(["waivers:", "\n", "- ", "  ", "rule: ", "reason: x", "until: 2027-01-31", "&a ", "*a", "[", "{", "? ", "!!"])
        | st.text(max_size=3)
    ).map("".join)
)
def test_whatever_the_text_only_our_errors_are_raised(text: str) -> None:
    """A traceback is no answer."""
    with contextlib.suppress(HullwatchError):
        assert all(isinstance(waiver, Waiver) for waiver in parse(text.encode("utf-8", "surrogatepass")))
