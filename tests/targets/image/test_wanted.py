"""Which paths readers want: the cheap test never misses what the declaration matches."""

from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model.reads import paths, patterns
from hullwatch.readers.catalogue import READERS
from hullwatch.targets.image.wanted import Wanted

from ..image_making import Toy

DECLARED = paths("a/b", "c") | patterns("**/*.x", "**/y", "**/d*f/z?", "a/*", "q?/e", "**/*.g*")
names = st.sampled_from(["a", "b", "c", "d", "f", "df", "dxf", "y", "z", "z1", ".x", "1.x", "1.gh", "q1", "e", "status", "installed"])


@given(st.lists(names, min_size=1, max_size=4).map("/".join))
def test_the_cheap_test_never_misses_what_is_declared(path: str) -> None:
    """By name, inside its directory."""
    wanted = Wanted([Toy(DECLARED)])
    directory, _, name = path.rpartition("/")

    assert bool(wanted.readers_of(path)) == DECLARED.matches(path)
    assert wanted.test_in(directory)(name) or not DECLARED.matches(path)


def test_the_skeleton_is_all_that_is_named_in_full_and_the_directories_above() -> None:
    """Links there decide where an exact path lies."""
    wanted = Wanted([Toy(paths("var/lib/db") | patterns("etc/conf.d/*", "**/x"))])

    assert wanted.skeleton == {"var", "var/lib", "var/lib/db", "etc", "etc/conf.d"}
    assert wanted.skeleton_directories == {"", "var", "var/lib", "etc"}


def test_other_declarations_have_another_digest() -> None:
    """What is kept of a layer's shape is for one set of declarations; who made them is the same."""
    first, second = Toy(paths("a")), Toy(patterns("**/b"), name="room.other")

    assert Wanted([first, second]).digest == Wanted([second, first]).digest
    assert Wanted([first]).digest != Wanted([first, second]).digest


def test_all_readers_can_be_asked_at_once() -> None:
    """The ones that an inventory is taken with."""
    wanted = Wanted(READERS)
    assert [each.__name__.rpartition(".")[2] for each in wanted.readers_of("var/lib/dpkg/status")] == ["dpkg"]
