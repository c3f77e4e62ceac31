"""Make docs/reference, and the help in the README, from the code. ``--check`` writes nothing and says whether they are fresh."""

import os
import sys
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"
README = Path(__file__).parents[1] / "README.md"
_WIDTH = "100"


def pages() -> dict[str, str]:
    """Each page's name and text."""
    from hullwatch.tables.reference import document as tables
    from hullwatch.web.reference import document as api

    return {
        "api.md": api(),
        "commands.md": _commands(),
        "tables.md": tables(),
        "checks.md": _checks(),
        "readers.md": _readers(),
        "sources.md": _sources(),
    }


def help_of(*words: str) -> str:
    """What ``hullwatch WORDS --help`` prints, 100 columns wide, without colour."""
    from typer.testing import CliRunner

    from hullwatch.cli.main import app

    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = _WIDTH
    result = CliRunner().invoke(app, [*words, "--help"], prog_name="hullwatch", env={"COLUMNS": _WIDTH, "NO_COLOR": "1", "TERM": "dumb"})
    return "\n".join(line.rstrip() for line in result.output.strip("\n").splitlines())


def _commands() -> str:
    sections = [f"## hullwatch {' '.join(words)}".rstrip() + f"\n\n```\n{help_of(*words)}\n```\n" for words in _calls()]
    return "# Commands\n\n" + "\n".join(sections)


def _calls() -> list[tuple[str, ...]]:
    """Every command and command below a command, in the order of the help."""
    import typer

    from hullwatch.cli.main import app

    calls: list[tuple[str, ...]] = [()]
    for name, command in getattr(typer.main.get_command(app), "commands", {}).items():
        calls += [(name,), *((name, below) for below in getattr(command, "commands", {}))]
    return calls


def _checks() -> str:
    from hullwatch.assess.benchmark import CHECKS

    rows = [
        f"| {check.numbers.get('1.6', '–')} | `{check.slug}` | {check.title} | {check.severity} | {check.level} | {check.remedy} |"
        for check in CHECKS
    ]
    head = "| CIS 1.6 | name | question | severity | level | remedy |\n|---|---|---|---|---|---|\n"
    return "# Checks of the Docker benchmark\n\n" + head + "\n".join(rows) + "\n"


def _readers() -> str:
    from hullwatch.readers.catalogue import READERS

    sections = []
    for reader in READERS:
        wanted = sorted(reader.reads.exact) + list(reader.reads.patterns)
        sections.append(
            f"## {reader.__name__.rpartition('.')[2]}\n\n{_first_line(reader.__doc__)}\n\nReads: "
            + ", ".join(f"`{path}`" for path in wanted)
            + "\n"
        )
    return "# Readers\n\n" + "\n".join(sections)


def _sources() -> str:
    from hullwatch.advisories.sources import SOURCES

    return (
        "# Sources of advisories\n\n"
        + "\n".join(f"- `{source.__name__.rpartition('.')[2]}`: {_first_line(source.__doc__)}" for source in SOURCES)
        + "\n"
    )


def _readme() -> str:
    """The README with the help as it is now in the block below "Commands"."""
    before, _, rest = README.read_text(encoding="utf-8").partition("## Commands\n\n```\n")
    return f"{before}## Commands\n\n```\n{help_of()}\n```{rest.partition('```')[2]}"


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n\n")[0].replace("\n", " ")


def main() -> int:
    """Write the pages, or with ``--check`` name those that are stale. 1 when there are such."""
    stale = []
    for path, text in {README: _readme(), **{REFERENCE / name: text for name, text in pages().items()}}.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run make docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
