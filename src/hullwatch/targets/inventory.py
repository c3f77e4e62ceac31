"""Taking an inventory: for each kind of target the module that knows how to reach it, and one record for what it found."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from ..config import Limits
from ..errors import Unreachable
from ..model import Inventory, Note, Target, TargetKind
from ..ports import Clock, Docker, FactCache, Progress
from ..readers.catalogue import READERS, Reader
from .image.assembly import assemble
from .image.taking import Contents, Taking
from .image.wanted import name_of
from .ssh.address import SCHEME, Access, parse_address


def take_inventory(
    target: Target,
    *,
    docker: Docker | None,
    cache: FactCache,
    clock: Clock,
    progress: Progress,
    root: Path = Path("/"),
    filters: Sequence[Reader] = READERS,
    limits: Limits | None = None,
) -> Inventory:
    """Take the inventory of one target with the readers given; ``root`` is that of this machine.

    What could not be read is a gap. Raises NotFound, Denied, Unreachable, Untrusted, Malformed, LimitExceeded when nothing could be.
    """
    taking = Taking(filters, cache, progress, limits or Limits())
    bare = Inventory(target=target, taken_at=clock.now())
    named = target.reference.partition(":")[2]
    match target.kind:
        case TargetKind.HOST if target.reference.startswith(SCHEME):
            return _ssh_host(bare, Access(), taking)
        case TargetKind.HOST:
            return _host(bare, root, docker, taking)
        case TargetKind.DAEMON:
            return _daemon(bare, _needed(docker), root)
        case TargetKind.CONTAINER:
            return _container(bare, named, _needed(docker), taking)
        case TargetKind.DIRECTORY:
            return _directory(bare, named, taking)
        case TargetKind.IMAGE if target.reference.startswith("archive:"):
            return _archive(bare, named, taking)
        case TargetKind.IMAGE:
            return _image(bare, named, _needed(docker), taking)


def take_host_inventory(
    target: Target,
    access: Access,
    *,
    cache: FactCache,
    clock: Clock,
    progress: Progress,
    filters: Sequence[Reader] = READERS,
    limits: Limits | None = None,
) -> Inventory:
    """As ``take_inventory``, of a host that is reached over SSH as ``access`` says."""
    return _ssh_host(Inventory(target=target, taken_at=clock.now()), access, Taking(filters, cache, progress, limits or Limits()))


def _host(bare: Inventory, root: Path, docker: Docker | None, taking: Taking) -> Inventory:
    from .host import read_host

    host = read_host(root, docker, taking)
    filled = _filled(bare, host.contents, taking, host.identifiers, host.notes)
    return replace(filled, running_kernel=host.running_kernel)


def _ssh_host(bare: Inventory, access: Access, taking: Taking) -> Inventory:
    from .ssh.host import read_ssh_host

    host = read_ssh_host(parse_address(bare.target.reference), access, taking)
    filled = _filled(bare, host.contents, taking, host.identifiers, host.notes)
    return replace(filled, running_kernel=host.running_kernel)


def _daemon(bare: Inventory, docker: Docker, root: Path) -> Inventory:
    from .daemon import read_daemon
    from .machine import HostCommands, HostFiles

    is_here = docker.endpoint.startswith("unix://")
    daemon, gaps = read_daemon(docker, files=HostFiles(root) if is_here else None, commands=HostCommands() if is_here else None)
    return replace(bare, daemon=daemon, gaps=gaps)


def _container(bare: Inventory, name: str, docker: Docker, taking: Taking) -> Inventory:
    from .image.container import read_container

    container = read_container(name, docker, taking)
    identifiers = {"container_id": container.facts.container_id, "image_id": container.facts.image_id}
    filled = _filled(bare, container.contents, taking, identifiers, container.notes)
    return replace(filled, container=container.facts, layers=container.layers)


def _directory(bare: Inventory, path: str, taking: Taking) -> Inventory:
    from .directory import read_directory

    return _filled(bare, read_directory(path, taking), taking)


def _archive(bare: Inventory, path: str, taking: Taking) -> Inventory:
    from .image.archive import read_archive

    image = read_archive(path, taking)
    filled = _filled(bare, image.contents, taking, {"image_id": image.facts.image_id})
    return replace(filled, image=image.facts, layers=image.layers, gaps=(*filled.gaps, *image.gaps))


def _image(bare: Inventory, name: str, docker: Docker, taking: Taking) -> Inventory:
    from .image.docker import read_image

    image = read_image(name, docker, taking)
    filled = _filled(bare, image.contents, taking, {"image_id": image.facts.image_id})
    return replace(filled, image=image.facts, layers=image.layers)


def _filled(
    bare: Inventory, contents: Contents, taking: Taking, identifiers: Mapping[str, str] | None = None, notes: Sequence[Note] = ()
) -> Inventory:
    """The inventory with all that comes from files."""
    readers = tuple(taking.wanted.readers.values())
    assembled = assemble(contents, readers)
    return replace(
        bare,
        target=replace(bare.target, identifiers=bare.target.identifiers | dict(identifiers or {})),
        distribution=assembled.distribution,
        packages=assembled.packages,
        file_states=assembled.file_states,
        gaps=assembled.gaps,
        notes=(*notes, *assembled.notes),
        readers={name_of(reader): reader.revision for reader in readers},
    )


def _needed(docker: Docker | None) -> Docker:
    if docker is None:
        raise Unreachable("no Docker Engine can be asked", remedy="start the Docker daemon, or say where it answers in DOCKER_HOST")
    return docker
