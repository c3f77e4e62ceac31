from hypothesis import given
from hypothesis import strategies as st

from hullwatch.reports.look import Look, columns, cut_end, cut_middle

from .generated import HOSTILE


def test_what_cannot_be_seen_is_made_visible() -> None:
    """Control characters, bidirectional overrides, invisible ones and bytes that were no UTF-8."""
    look = Look()
    assert look.text("a\x1b[31mb") == r"a\x1b[31mb"
    assert look.text("\u202egpj.exe\u2069") == r"\u202egpj.exe\u2069"
    assert look.text("zero\u200bwidth\ufeff") == r"zero\u200bwidth\ufeff"
    assert look.text("a\tb\r\nc") == r"a\tb\r\nc"
    assert look.text("caf\udce9") == r"caf\xe9"
    assert look.text("\x85\x9b2J\u2028\U000e0041") == r"\x85\x9b2J\u2028\U000e0041"
    assert look.text("straße 漢字 · → …") == "straße 漢字 · → …"


def test_outside_utf_8_everything_is_ascii() -> None:
    """Our own typography has a plain form; the rest is escaped."""
    look = Look(unicode=False)
    assert look.text("a · b → c …") == "a - b -> c ..."
    assert look.text("straße") == r"stra\xdfe"


@given(HOSTILE | st.text(st.characters(exclude_categories=())), st.booleans())
def test_text_is_one_printable_line(text: str, unicode: bool) -> None:
    """Whatever comes in; and once is enough."""
    look = Look(unicode=unicode)
    shown = look.text(text)
    assert len(shown.splitlines()) <= 1
    assert not any(each < " " or "\x7f" <= each < "\xa0" for each in shown)
    assert look.text(shown) == shown
    shown.encode("utf-8" if unicode else "ascii")


def test_wide_characters_need_two_columns() -> None:
    """And combining ones none."""
    assert columns("abc") == 3
    assert columns("漢字") == 4
    assert columns("e\u0301") == 1


def test_names_are_cut_in_the_middle_and_words_at_the_end() -> None:
    """A tag at the end of a name stays readable."""
    look = Look()
    assert cut_middle("registry.example/team/service:2.4", 20, look) == "registry.e…rvice:2.4"
    assert cut_end("RUN apt-get update && apt-get upgrade", 20, look) == "RUN apt-get update…"
    assert cut_middle("short", 20, look) == cut_end("short", 20, look) == "short"


@given(st.text(max_size=60), st.integers(4, 50))
def test_what_is_cut_fits(text: str, width: int) -> None:
    """In columns, not in characters."""
    for unicode in (True, False):
        look = Look(unicode=unicode)
        assert columns(cut_middle(look.text(text), width, look)) <= max(width, 5)
        assert columns(cut_end(look.text(text), width, look)) <= width
