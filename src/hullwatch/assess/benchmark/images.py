"""Section 4: images."""

from ...model import Daemon, LocalImage, Setting, Severity
from .check import Answer, check, fails, passes, undetermined

_SHOWN = 20
"""Images named as evidence of a manual check."""


@check(
    "trusted-base-images", cis={"1.6": "4.2"}, level=1, severity=Severity.MEDIUM, manual=True,
    title="Base images come from somebody you trust",
    remedy="look where each image comes from; pull from registries you trust, by digest",
)  # fmt: skip
def trusted_base_images(daemon: Daemon) -> Answer:
    """Trust is a person's decision: shown are the images to decide on."""
    if daemon.images is None:
        return undetermined("which images there are could not be read")
    names = [image.names[0] if image.names else image.id for image in daemon.images]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    found = Setting(where="/images/json", found=", ".join(names[:_SHOWN]) + more if names else "no image", expected="trusted by you")
    return undetermined("whom you trust is not written in an image", found)


@check(
    "image-health-check", cis={"1.6": "4.6"}, level=1, severity=Severity.LOW,
    title="Images say how the health of their containers is checked",
    remedy="add HEALTHCHECK to the Dockerfile and build the image anew",
)  # fmt: skip
def health_check(image: LocalImage) -> Answer:
    """HEALTHCHECK NONE switches an inherited check off: that is none."""
    where = "Config.Healthcheck"
    return passes(where, "a command", "a command") if image.has_health_check else fails(where, "none", "a command")
