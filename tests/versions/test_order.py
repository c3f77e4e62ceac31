import pytest

from hullwatch.errors import UnorderableVersion
from hullwatch.model import Range, Scheme
from hullwatch.versions import key, within
from hullwatch.versions.order import KEYS


def test_every_scheme_has_its_order() -> None:
    """No scheme is left without one."""
    assert set(KEYS) == set(Scheme)


@pytest.mark.parametrize(
    ("version", "affected", "expected"),
    [
        ("1.2", Range(), True),
        ("1.2", Range(fixed="1.3"), True),
        ("1.3", Range(fixed="1.3"), False),
        ("1.2", Range(introduced="0", fixed="1.3"), True),
        ("0.dev0", Range(introduced="0"), True),
        ("1.2", Range(introduced="1.2", fixed="1.3"), True),
        ("1.1", Range(introduced="1.2"), False),
        ("1.2", Range(introduced="1.0", last_affected="1.2"), True),
        ("1.2.1", Range(last_affected="1.2"), False),
        ("1.2rc1", Range(introduced="1.2"), False),
    ],
)
def test_a_range_holds_from_its_beginning_to_before_its_end(version: str, affected: Range, expected: bool) -> None:
    """From ``introduced`` ("0" is: from the first) to before ``fixed``, or up to and with ``last_affected``."""
    assert within(version, affected, Scheme.PEP440) is expected


def test_a_distribution_that_never_was_affected() -> None:
    """Fixed in version 0 leaves no version that is affected, a tilde apart."""
    assert not within("0.1-1", Range(fixed="0"), Scheme.DEB)


@pytest.mark.parametrize("affected", [Range(introduced="x"), Range(fixed="x"), Range(last_affected="x")])
def test_a_bound_that_has_no_place_is_no_answer(affected: Range) -> None:
    """Neither affected nor not: the caller makes it a gap."""
    with pytest.raises(UnorderableVersion):
        within("1", affected, Scheme.PEP440)


def test_the_same_text_has_another_place_in_another_scheme() -> None:
    """An absent revision is revision 0 to dpkg, and older than it to apk."""
    assert key("1.0", Scheme.DEB) == key("1.0-0", Scheme.DEB)
    assert key("1.0", Scheme.APK) < key("1.0-r0", Scheme.APK)
