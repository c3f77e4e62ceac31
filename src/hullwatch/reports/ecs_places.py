"""Where a finding is, in the words of the Elastic Common Schema: host, container, image, file."""

from datetime import UTC, datetime
from posixpath import basename, dirname

from ..model import Change, FileKind, FileState, Finding, Inventory, TargetKind

Json = dict[str, object]


def filled(fields: Json) -> Json:
    """Without the empty ones: a field that is not there is not known."""
    return {key: value for key, value in fields.items() if value}


_FILE_TYPES = {FileKind.DIRECTORY: "dir", FileKind.LINK: "symlink"}


def host_of(inventory: Inventory, machine: str) -> Json:
    """The host itself, or the one that a container or daemon runs on."""
    if inventory.target.kind is not TargetKind.HOST:
        return {"name": machine, "hostname": machine}
    identifiers = inventory.target.identifiers
    hostname = identifiers.get("hostname", machine)
    wanted: Json = {"name": hostname, "hostname": hostname, "id": identifiers.get("machine_id", ""), "os": _system(inventory)}
    return filled(wanted)


def _system(inventory: Inventory) -> Json:
    found = inventory.distribution
    wanted: Json = {
        "type": "linux",
        "platform": found.id if found else "",
        "name": found.id.capitalize() if found else "",
        "full": found.name if found else "",
        "version": found.release if found else "",
        "kernel": inventory.running_kernel,
    }
    return filled(wanted)


def container_of(inventory: Inventory) -> Json:
    """The container with its image, or the image alone; empty for what is neither."""
    container, image = inventory.container, inventory.image
    if container:
        return {
            "id": container.container_id,
            "name": container.name,
            "runtime": "docker",
            "image": _image(container.image_name, container.image_id),
        }
    if image:
        return {"image": _image(next(iter(image.names), inventory.target.name), image.image_id)}
    return {}


def _image(named: str, image_id: str) -> Json:
    """Name and tag apart; a colon before the last slash belongs to a registry's port."""
    name, _, tag = named.partition("@")[0].rpartition(":")
    if not name or "/" in tag:
        name, tag = named, ""
    wanted: Json = {"name": name, "tag": [tag] if tag else [], "hash": {"all": [image_id]} if image_id else {}}
    return filled(wanted)


def file_of(finding: Finding) -> Json:
    """A file as it is now, or as it was before it went."""
    change = next((each for each in finding.evidence if isinstance(each, Change)), None)
    path = f"/{(change.path if change else finding.subject).lstrip('/')}"
    state = (change.after or change.before) if change else None
    return {"path": path, "name": basename(path), "directory": dirname(path), **(_state(state) if state else {})}


def _state(state: FileState) -> Json:
    wanted: Json = {
        "type": _FILE_TYPES.get(state.kind, "file" if state.kind is FileKind.FILE else str(state.kind)),
        "mode": f"{state.mode:04o}",
        "uid": str(state.uid),
        "gid": str(state.gid),
        "inode": str(state.inode) if state.inode else "",
        "target_path": f"{state.link_target}",
        "mtime": _nanoseconds(state.modified_at_ns),
        "ctime": _nanoseconds(state.changed_at_ns),
        "hash": {"sha256": state.sha256} if state.sha256 else {},
    }
    size: Json = {"size": state.size_bytes} if state.kind is FileKind.FILE else {}
    return filled(wanted) | size


def _nanoseconds(moment: int) -> str:
    """A time of a file; empty where it is not known or beyond what a date can hold."""
    try:
        return f"{datetime.fromtimestamp(moment / 1e9, UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""
    except (OverflowError, OSError, ValueError):
        return ""
