"""What the README shows is what the program says."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_readme_shows_the_help_as_it_is() -> None:
    """The block below "Commands" is what ``hullwatch --help`` prints."""
    shown = re.search(r"## Commands\n\n```\n(.*?)\n```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1] == runpy.run_path(str(ROOT / "docs" / "generate.py"))["help_of"]()


def test_every_page_that_is_linked_to_is_there() -> None:
    """A link to a file of the project leads somewhere."""
    missing = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / link).exists():
                missing.append(f"{page.relative_to(ROOT)}: {link}")
    assert missing == []
