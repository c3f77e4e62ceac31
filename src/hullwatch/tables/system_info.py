"""What machine this is: names, processors, memory, and what the maker says (proc(5), and DMI in /sys). One row."""

import re
import uuid
from collections.abc import Iterator
from typing import Annotated

import msgspec

from ..errors import HullwatchError
from ..model import Gap, Location
from ..model.reads import paths
from ..ports import MEBIBYTE, Files
from .columns import ANY_CASE, ELSEWHERE, SMALL
from .sources import Asked

examples = ("select hostname, cpu_brand, physical_memory from system_info", "select uuid, hardware_vendor, hardware_model from system_info")

_DMI = {
    "hardware_vendor": "sys_vendor", "hardware_model": "product_name", "hardware_version": "product_version",
    "hardware_serial": "product_serial", "board_vendor": "board_vendor", "board_model": "board_name",
    "board_version": "board_version", "board_serial": "board_serial",
}  # fmt: skip
_HOSTNAME, _ARCHITECTURE = "proc/sys/kernel/hostname", "proc/sys/kernel/arch"
reads = paths(
    _HOSTNAME, _ARCHITECTURE, "etc/hostname", "etc/hosts", "etc/machine-id", "proc/cpuinfo", "proc/meminfo",
    *(f"sys/class/dmi/id/{name}" for name in ("product_uuid", *_DMI.values())),
)  # fmt: skip
_LIMIT = 16 * MEBIBYTE
_PLACEHOLDERS = frozenset((
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "03000200-0400-0500-0006-000700080009",
    "03020100-0504-0706-0809-0a0b0c0d0e0f", "10000000-0000-8000-0040-000000000000",
))  # fmt: skip
"""What makers write who give no number."""
_OURS = uuid.UUID("5b2f3a0e-8f0a-5b53-9c53-7d1f5f1c6a2e")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The columns, in osquery's order."""

    hostname: Annotated[str, "name, with its domain where /etc/hosts says it"]
    uuid: Annotated[str, "the machine's UUID; where the maker gave none, one that is always the same for this installation", ANY_CASE]
    cpu_type: Annotated[str, "architecture, such as x86_64"]
    cpu_subtype: Annotated[str, "model number of the processor"]
    cpu_brand: Annotated[str, "processor, as its maker calls it"]
    cpu_physical_cores: Annotated[int | None, "cores", SMALL]
    cpu_logical_cores: Annotated[int | None, "cores as the kernel counts them, hyperthreads among them", SMALL]
    cpu_sockets: Annotated[int | None, "processors", SMALL]
    cpu_microcode: Annotated[str, "version of the microcode"]
    physical_memory: Annotated[int | None, "memory, in bytes"]
    hardware_vendor: Annotated[str, "maker of the machine"] = ""
    hardware_model: Annotated[str, "model"] = ""
    hardware_version: Annotated[str, "version of the model"] = ""
    hardware_serial: Annotated[str, "serial number"] = ""
    board_vendor: Annotated[str, "maker of the main board"] = ""
    board_model: Annotated[str, "model of the main board"] = ""
    board_version: Annotated[str, "its version"] = ""
    board_serial: Annotated[str, "its serial number"] = ""
    computer_name: Annotated[str, "name without its domain"] = ""
    local_hostname: Annotated[str, "the same"] = ""
    emulated_cpu_type: Annotated[str, "macOS", ELSEWHERE] = ""


def rows(files: Files, asked: Asked) -> Iterator[Row | Gap]:
    """Yield one row. What may not be read, and is asked for, is a gap and empty."""
    texts: dict[str, str] = {}
    dmi = {column: name for column, name in {"uuid": "product_uuid", **_DMI}.items() if asked.any_of(column)}
    plain = [path for path in reads.exact if not path.startswith("sys/")]
    for path in sorted((*plain, *(f"sys/class/dmi/id/{name}" for name in dmi.values()))):
        try:
            file = files.open(path)
            texts[path] = file.text(_LIMIT).strip() if file else ""
        except HullwatchError as error:
            texts[path] = ""
            yield Gap(kind="machine-file", what=path, why=str(error), seen_at=Location(path))
    yield _row(texts)


def _row(texts: dict[str, str]) -> Row:
    cpus = [_fields(block) for block in re.split(r"\n\s*\n", texts["proc/cpuinfo"]) if re.search(r"^processor\s*:", block, re.MULTILINE)]
    first = cpus[0] if cpus else {}
    sockets = {cpu.get("physical id", "0") for cpu in cpus}
    cores = {(cpu.get("physical id", "0"), cpu.get("core id", cpu["processor"])) for cpu in cpus}
    memory = re.search(r"^MemTotal:\s*(\d{1,15}) kB", texts["proc/meminfo"], re.MULTILINE)
    name = texts[_HOSTNAME] or texts["etc/hostname"]
    return Row(
        hostname=_with_domain(name, texts["etc/hosts"]), uuid=_uuid(texts),
        cpu_type=texts[_ARCHITECTURE] or ("x86_64" if "lm" in first.get("flags", "").split() else ""),
        cpu_subtype=first.get("model", first.get("CPU part", "")), cpu_brand=first.get("model name", ""),
        cpu_physical_cores=len(cores) or None, cpu_logical_cores=len(cpus) or None, cpu_sockets=len(sockets) or None,
        cpu_microcode=first.get("microcode", ""), physical_memory=int(memory[1]) * 1024 if memory else None,
        computer_name=name, local_hostname=name,
        **{column: texts.get(f"sys/class/dmi/id/{name}", "") for column, name in _DMI.items()},
    )  # fmt: skip


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _with_domain(name: str, hosts: str) -> str:
    """The first name of the line that has this one: what the C library calls canonical."""
    for line in hosts.splitlines():
        _, *names = line.partition("#")[0].split() or ("",)
        if name and name in names:
            return names[0]
    return name


def _uuid(texts: dict[str, str]) -> str:
    """The maker's; else one made from the machine id, which itself is to be kept to oneself (machine-id(5))."""
    given = texts.get("sys/class/dmi/id/product_uuid", "")
    if given and given.lower() not in _PLACEHOLDERS:
        return given
    return str(uuid.uuid5(_OURS, texts["etc/machine-id"])) if texts["etc/machine-id"] else ""
