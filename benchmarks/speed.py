"""The speeds we hold ourselves to (docs: design, section 6), each measured as a whole process, beside a peer where one is installed.

``make bench-speed``, or ``make bench-speed ARGS="inventory query"`` for some. Peers are looked for in ``$HULLWATCH_PEERS/bin``
(default ``~/.cache/hullwatch-peers/bin``), then in PATH. ``IMAGE`` names the image (default hullwatch-big:1). What cannot be
measured here is said so. Each figure is the fastest of three, save for peers that take long.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HULLWATCH = str(Path(sys.executable).with_name("hullwatch"))
IMAGE = os.environ.get("IMAGE", "hullwatch-big:1")
MEBIBYTE = 1024 * 1024
_LONG_S = 5


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    peak_bytes: int


class Measured(NamedTuple):
    """A line of the answer; ``why`` says why there is no figure."""

    work: str
    ours: Cost | None = None
    peer: str = ""
    theirs: Cost | None = None
    why: str = ""


def start() -> Iterator[Measured]:
    """The command line answers."""
    yield Measured("hullwatch --help", cost([HULLWATCH, "--help"]))


def inventory() -> Iterator[Measured]:
    """Packages of a local image: first without, then with what an earlier run left in the cache of facts."""
    if not _has_image():
        yield Measured("packages of a local image", why=f"no local image {IMAGE}")
        return
    syft = _peer("syft")
    words = [HULLWATCH, "inventory", f"docker:{IMAGE}", "--format", "json"]
    theirs = cost([syft, "scan", "-q", f"docker:{IMAGE}", "-o", "json"], times=1) if syft else None
    with tempfile.TemporaryDirectory() as home:
        yield Measured(f"packages of {IMAGE}, warm disk", cost(words, home=home, between=lambda: _empty(home)), "syft", theirs)
        cost(words, home=home, times=1)
        yield Measured("the same image again, unchanged", cost(words, home=home))


def scan() -> Iterator[Measured]:
    """The image judged: what an earlier run read, remembered and fetched is there (``MIRROR`` names a mirror of feeds)."""
    if not _has_image():
        yield Measured("scan of a local image", why=f"no local image {IMAGE}")
        return
    with tempfile.TemporaryDirectory() as home:
        words = [HULLWATCH, "scan", f"docker:{IMAGE}", "--fail-on", "never", "-q"]
        cost([*words, *(("--mirror", mirror) if (mirror := os.environ.get("MIRROR")) else ())], times=1, home=home)
        yield Measured(f"scan of {IMAGE}, unchanged", cost([*words, "--offline"], home=home))


def archive() -> Iterator[Measured]:
    """The same packages from what docker save writes, digests checked."""
    if not _has_image():
        yield Measured("packages of a saved image", why=f"no local image {IMAGE}")
        return
    syft = _peer("syft")
    with tempfile.TemporaryDirectory() as home:
        saved = f"{home}/image.tar"
        subprocess.run(["docker", "save", "-o", saved, IMAGE], check=True)
        theirs = cost([syft, "scan", "-q", f"docker-archive:{saved}", "-o", "json"], times=1) if syft else None
        words = [HULLWATCH, "inventory", f"archive:{saved}", "--format", "json"]
        ours = cost(words, home=f"{home}/home", between=lambda: _empty(f"{home}/home"))
        yield Measured(f"packages of {IMAGE}, saved", ours, "syft", theirs)


def bench() -> Iterator[Measured]:
    """The benchmark, of the daemon as it is; start 20 containers first for the figure that we hold."""
    running = subprocess.run(["docker", "ps", "-q"], capture_output=True, text=True, check=False)
    if running.returncode:
        yield Measured("benchmark of the daemon", why="no Docker Engine answers")
        return
    with tempfile.TemporaryDirectory() as home:
        ours = cost([HULLWATCH, "bench"], home=home, fine=(0, 1, 3))
    yield Measured(f"benchmark, {len(running.stdout.split())} running containers", ours)


def query() -> Iterator[Measured]:
    """All processes, in SQL."""
    osquery = _peer("osqueryi")
    statement = "select * from processes"
    theirs = cost([osquery, "--json", statement]) if osquery else None
    with tempfile.TemporaryDirectory() as home:
        ours = cost([HULLWATCH, "query", statement], home=home, fine=(0, 3))
    yield Measured(f'query "{statement}"', ours, "osqueryi", theirs)


def history() -> Iterator[Measured]:
    """A run of ten targets with 600 packages and 100 findings each is remembered; then the same run again."""
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from hullwatch.store.history import History; from tests.store.judgements import day, flaw, image, judged, package\n"
        "run = [judged(image([package(f'lib{t}-{n}') for n in range(600)], reference=f'docker:{t}'),"
        " *(flaw(f'CVE-{n}', f'lib{t}-{n}', target=f'docker:{t}') for n in range(100))) for t in range(10)]\n"
        "History.open(sys.argv[1]).remember(run, started_at=day(0), finished_at=day(0))"
    )
    with tempfile.TemporaryDirectory() as home:
        words = [sys.executable, "-c", program, f"sqlite:///{home}/history.sqlite"]
        yield Measured("process that remembers 10 targets, new", cost(words, between=lambda: _empty(home)))
        yield Measured("process that remembers 10 targets, unchanged", cost(words))


WORK: Mapping[str, Callable[[], Iterator[Measured]]] = {
    each.__name__: each for each in (start, inventory, scan, archive, bench, query, history)
}


def cost(
    words: Sequence[str], *, times: int = 3, home: str = "", between: Callable[[], None] = lambda: None, fine: tuple[int, ...] = (0,)
) -> Cost:
    """The fastest of so many runs (one is enough of what takes long). Raises SystemExit when it fails."""
    costs: list[Cost] = []
    environment = {**os.environ, **({"HULLWATCH_HOME": home} if home else {}), "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    for _ in range(times):
        between()
        began = time.perf_counter()
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as run:
            assert run.stderr is not None  # noqa: S101 - asked for above
            said = run.stderr.read()
            _, status, used = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
        costs.append(Cost(time.perf_counter() - began, used.ru_maxrss * 1024))
        if run.returncode not in fine:
            raise SystemExit(f"{' '.join(words[:4])}: exit {run.returncode}\n{said.decode(errors='replace')[-2000:]}")
        if costs[-1].seconds > _LONG_S:
            break
    return min(costs)


def _has_image() -> bool:
    return subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode == 0


def _peer(name: str) -> str | None:
    peers = os.environ.get("HULLWATCH_PEERS", str(Path("~/.cache/hullwatch-peers").expanduser()))
    return shutil.which(name, path=f"{peers}/bin") or shutil.which(name)


def _empty(directory: str) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    Path(directory).mkdir()


def _line(measured: Measured) -> str:
    if measured.ours is None:
        return f"{measured.work:<48} not measured: {measured.why}"
    ours = f"{measured.ours.seconds:8.3f} s {measured.ours.peak_bytes // MEBIBYTE:5} MiB"
    if not measured.peer:
        return f"{measured.work:<48} {ours}"
    if measured.theirs is None:
        return f"{measured.work:<48} {ours}   {measured.peer} is not installed"
    theirs = f"{measured.peer} {measured.theirs.seconds:.3f} s {measured.theirs.peak_bytes // MEBIBYTE} MiB"
    return f"{measured.work:<48} {ours}   {theirs}, {measured.theirs.seconds / measured.ours.seconds:.1f} times ours"


def main(names: Sequence[str]) -> None:
    """Measure what is named, or everything."""
    unknown = set(names) - set(WORK)
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(WORK)}")
    for name in names or WORK:
        for measured in WORK[name]():
            print(_line(measured), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
