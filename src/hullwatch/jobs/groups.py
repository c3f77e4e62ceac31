"""Groups of an Ansible inventory as a server meets them: their hosts, each a target of its own that is watched from then on."""

from collections.abc import Sequence

from ..errors import LimitExceeded
from ..model import Target
from ..store.memory import Memory
from ..targets.references import is_group, parse_reference
from .edges import Edges
from .inventory import targets_of

MAX_TARGETS = 10_000
"""Of one run."""


def check_names(references: Sequence[str], edges: Edges) -> tuple[str, ...]:
    """References in full and groups as they are, each once. Raises what ``parse_reference`` and the inventory raise."""
    for text in references:
        if is_group(text):
            targets_of(text, edges)
    return tuple(dict.fromkeys(text if is_group(text) else parse_reference(text).reference for text in references))


def expand(references: Sequence[str], memory: Memory, edges: Edges, *, by: str) -> tuple[str, ...]:
    """The same with the hosts of groups in their place, which are watched from now on. Raises what the inventory raises, LimitExceeded."""
    found: dict[str, None] = {}
    for text in references:
        for each in targets_of(text, edges) if is_group(text) else ():
            if isinstance(each, Target):
                memory.targets.notice(each, labels=(text,), by=by, at=edges.clock.now())
            found[each.reference] = None
        if not is_group(text):
            found[text] = None
    if len(found) > MAX_TARGETS:
        raise LimitExceeded(f"{len(found)} targets in one run", remedy=f"ask for several runs of at most {MAX_TARGETS}")
    return tuple(found)
