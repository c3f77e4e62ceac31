import pytest
from msgspec.structs import replace

from hullwatch.model import Package, Scheme, SourcePackage
from hullwatch.reports.purl import purl

from .builders import ALPINE, DEBIAN, package
from .samples import python_package

LIBSSL = replace(package("libssl3", version="3.0.11-1~deb12u2"), source=SourcePackage("openssl", "3.0.11-1~deb12u2"))
BINNMU = replace(package("nginx", version="1.22.1-9+b1"), source=SourcePackage("nginx", "1.22.1-9"))
GXX = Package(
    name="g++",
    version="12.2.1_git20220924-r10",
    scheme=Scheme.APK,
    source=SourcePackage("gcc", "12.2.1_git20220924-r10"),
    architecture="x86_64",
)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (LIBSSL, "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl"),
        (BINNMU, "pkg:deb/debian/nginx@1.22.1-9%2bb1?arch=amd64&distro=debian-12&upstream=nginx%401.22.1-9"),
        (python_package(), "pkg:pypi/jinja2@3.1.2"),
        (replace(python_package(), name="Zope_Interface"), "pkg:pypi/zope-interface@3.1.2"),
    ],
    ids=["source", "source-version", "wheel", "folded-name"],
)
def test_package_urls(of: Package, expected: str) -> None:
    """Distribution packages say architecture, release and source; language packages neither."""
    assert purl(of, DEBIAN).lower() == expected.lower()


def test_alpine_packages_have_their_own_type() -> None:
    """With the release of the distribution."""
    assert purl(GXX, ALPINE).lower() == "pkg:apk/alpine/g%2b%2b@12.2.1_git20220924-r10?arch=x86_64&distro=alpine-3.9&upstream=gcc"


def test_without_a_distribution_or_a_name() -> None:
    """What is not known is left out; a package without a name has no address."""
    assert purl(package("zlib"), None) == "pkg:deb/zlib@1.0-1?arch=amd64"
    assert purl(package(""), DEBIAN) == purl(package(" "), DEBIAN) == ""
