"""Package URLs (https://github.com/package-url/purl-spec): ``pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12``."""

from ..model import Distribution, Package, Scheme

_TYPES = {Scheme.DEB: "deb", Scheme.APK: "apk", Scheme.PEP440: "pypi"}


def purl(package: Package, distribution: Distribution | None) -> str:
    """The package URL; empty for a name that can have none.

    Distribution packages carry architecture, release and, where it differs from the package itself, what they were built from.
    """
    from packageurl import PackageURL  # 28 ms that no screen needs

    kind = _TYPES[package.scheme]
    namespace, qualifiers = None, {}
    if package.ecosystem is None:
        namespace = distribution.id if distribution else package.vendor.lower() or None
        qualifiers = {
            "arch": package.architecture,
            "distro": f"{distribution.id}-{distribution.release or distribution.code_name}".rstrip("-") if distribution else "",
            "upstream": _upstream(package),
        }
    try:
        return str(PackageURL(kind, namespace, package.name, package.version, qualifiers).to_string())
    except (ValueError, TypeError):  # of a name of blanks the library makes None, and trips over it
        return ""


def _upstream(package: Package) -> str:
    """The source package where its name or version differs."""
    source = package.source
    if source.version != package.version:
        return f"{source.name}@{source.version}"
    return source.name if source.name != package.name else ""
