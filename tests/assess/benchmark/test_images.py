"""Images: health checks, and what a person has to look at."""

from hullwatch.assess.benchmark import images
from hullwatch.model import Verdict

from .facts import ask, daemon, image, verdict


def test_health_check() -> None:
    """One answer per image, also for one with two tags or none."""
    judged = daemon(images=(image(), image(names=(), has_health_check=False), image(names=("a:1", "a:2"), has_health_check=False)))
    assert {subject: answer.verdict for subject, answer in ask(images.health_check, judged).items()} == {
        "image:shop/api:2": Verdict.PASS, f"image:{image().id}": Verdict.FAIL, "image:a:1": Verdict.FAIL,
    }  # fmt: skip


def test_images_that_could_not_be_read() -> None:
    """They never pass."""
    assert verdict(images.health_check, daemon(images=None)) is Verdict.UNDETERMINED
    assert verdict(images.health_check, daemon(images=())) is Verdict.NOT_APPLICABLE


def test_trusted_base_images() -> None:
    """The evidence names the images, and how many more there are."""
    judged = daemon(images=tuple(image(names=(f"a:{n}",)) for n in range(25)))
    (answer,) = ask(images.trusted_base_images, judged).values()
    assert answer.verdict is Verdict.UNDETERMINED
    assert answer.evidence[0].found.endswith("a:19 and 5 more")
