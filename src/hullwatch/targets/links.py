"""Where a path leads, over any file system that a target offers."""

from ..ports import Files

LINKS_LIMIT = 40
"""Links followed for one path, as in Linux."""


def real_path(files: Files, path: str, *, last: bool = True) -> str:
    """``path`` without links, relative to the root; the last component's own link is kept unless ``last``. Need not exist."""
    done: list[str] = []
    waiting = _components(path)
    links = 0
    while waiting:
        name = waiting.pop()
        if name == "..":
            done = done[:-1]
            continue
        target = files.link("/".join((*done, name))) if (waiting or last) and links < LINKS_LIMIT else ""
        if not target:
            done.append(name)
            continue
        links += 1
        if target.startswith("/"):
            done = []
        waiting.extend(_components(target))
    return "/".join(done)


def _components(path: str) -> list[str]:
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]
