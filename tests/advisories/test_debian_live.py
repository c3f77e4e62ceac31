"""Debian's archive as this machine's apt reaches it."""

from pathlib import Path

import pytest

from hullwatch.advisories.apt_sources import read_archives
from hullwatch.advisories.database import AdvisoryDatabase
from hullwatch.advisories.debian import archive as debian_archive
from hullwatch.advisories.fetch import Fetcher
from hullwatch.advisories.update import update_with
from hullwatch.assess.vulnerabilities import judge_packages
from hullwatch.jobs.edges import SystemClock

from ..doubles import QuietProgress
from .builders import BOOKWORM, deb, inventory


@pytest.mark.live
def test_a_package_that_is_behind_is_told_with_its_flaws(tmp_path: Path) -> None:
    """Signed indexes of all suites, and the changelog of a rebuild: jetty9 as it was before, base-files of the far future."""
    if not read_archives():
        pytest.skip("apt of this machine knows no Debian archive")
    database = AdvisoryDatabase(tmp_path, sources=(debian_archive,))
    image = inventory(BOOKWORM, deb("libjetty9-java", "9.4.57-1", source="jetty9"), deb("base-files", "99"), deb("own-tool", "1"))
    progress = QuietProgress()
    with Fetcher(archives=read_archives(), timeout_s=30, progress=progress) as fetcher:
        gaps = update_with(fetcher, database, [image], max_age_h=24, clock=SystemClock(), progress=progress)
    assert gaps == ()
    judgement = judge_packages(image, database, now=SystemClock().now())
    assert ("jetty9", "CVE-2025-5115") in {(finding.subject, finding.rule) for finding in judgement.findings}
    kinds = {gap.kind for gap in judgement.gaps}
    assert {"not-in-archive", "newer-than-archive"} <= kinds
    assert "changelog" not in kinds
