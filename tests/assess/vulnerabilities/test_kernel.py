"""Several kernels are installed, one runs."""

from hullwatch.model import Inventory, Judgement, Package, Severity

from ..builders import advisory, deb, host, inventory, judge

OLD, NEW = "6.1.0-40-amd64", "6.1.0-47-amd64"


def kernel(release: str, version: str) -> Package:
    """A kernel as Debian packages it."""
    return deb(f"linux-image-{release}", version, source="linux-signed-amd64", source_version=version.replace("-", "+"))


def machine(*kernels: Package, running: str) -> Inventory:
    """A host."""
    return inventory(
        *kernels,
        deb("linux-image-amd64", "6.1.153-1", source="linux-signed-amd64", source_version="6.1.153+1"),
        target=host(),
        running_kernel=running,
    )


def judged(what: Inventory, fixed: str = "6.1.153+1") -> Judgement:
    """With one flaw."""
    return judge(what, {"debian/bookworm": [advisory("CVE-2024-0001", "linux-signed-amd64", fixed)]})


def test_the_running_kernel_has_the_flaw() -> None:
    """A finding like any other."""
    (finding,) = judged(machine(kernel(OLD, "6.1.140-1"), running=OLD), "6.1.160+1").findings
    assert (finding.installed, finding.notes, finding.remedy) == ("6.1.140+1", (), "upgrade linux-signed-amd64 to 6.1.160+1")


def test_reboot_pending() -> None:
    """The fixed kernel is installed, the old one runs."""
    judgement = judged(machine(kernel(OLD, "6.1.140-1"), kernel(NEW, "6.1.153-1"), running=OLD))
    (finding,) = judgement.findings
    assert finding.notes == (f"a fixed kernel is installed, and {OLD} still runs: reboot pending",)
    assert finding.remedy == "reboot"
    assert [(note.kind, note.what) for note in judgement.notes] == [("reboot-pending", f"kernel {OLD}")]


def test_an_old_kernel_lies_there() -> None:
    """It is installed and has the flaw, but does not run."""
    judgement = judged(machine(kernel(OLD, "6.1.140-1"), kernel(NEW, "6.1.153-1"), running=NEW))
    (finding,) = judgement.findings
    assert finding.remedy == f"remove linux-image-{OLD}"
    assert judgement.notes == ()


def test_two_old_kernels_are_one_finding() -> None:
    """With the lowest version, and evidence for each."""
    (finding,) = judged(machine(kernel(OLD, "6.1.140-1"), kernel(NEW, "6.1.153-1"), running=OLD), "6.1.160+1").findings
    assert (finding.installed, finding.fixed_in, len(finding.evidence)) == ("6.1.140+1", "6.1.160+1", 2)
    assert finding.severity is Severity.UNRATED


def test_an_image_has_no_kernel_of_its_own() -> None:
    """What a container runs on is the host's."""
    (finding,) = judged(inventory(kernel(OLD, "6.1.140-1"), kernel(NEW, "6.1.153-1"))).findings
    assert finding.notes == ()


def test_a_kernel_of_unknown_origin() -> None:
    """Where no package holds what runs, nothing is said of a reboot."""
    (finding,) = judged(machine(kernel(OLD, "6.1.140-1"), running="6.9.0-custom"), "6.1.160+1").findings
    assert finding.notes == ()
