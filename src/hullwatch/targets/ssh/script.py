"""What runs on a host reached over SSH: fixed scripts for any POSIX ``sh`` (dash, busybox) with find, tar and what belongs to a shell.

They write nothing there. Only quoted words are put into them: paths of the host, globs of readers, numbers. Records of the answer are a
letter and fields that end with NUL; see each function. A script is one function of the shell: cut short on its way, it does not run.
"""

import shlex
from collections.abc import Iterable, Sequence

_HEAD = r"""
LC_ALL=C; export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH; export PATH
exec 3>&1
"""
_ABOUT = r"""
say() { printf "$1%s\0" "$2"; }
tell() { if [ -r "$2" ]; then printf %s "$1"; head -c 16000000 "$2" | tr -d '\000'; printf '\0'; fi; }
say S "$(uname -s)"
say K "$(uname -r)"
say N "$(uname -n)"
say U "$(id -un)"
tell M /etc/machine-id
tell I /proc/self/mountinfo
tell D /etc/docker/daemon.json
for removable in /sys/block/*/removable; do
    if [ -r "$removable" ] && read -r yes <"$removable" && [ "$yes" = 1 ]; then
        for device in "${removable%/*}"/dev "${removable%/*}"/*/dev; do
            [ -r "$device" ] && read -r number <"$device" && say R "$number"
        done
    fi
done
"""
_SUDO = r"""
if [ "$(id -u)" = 0 ]; then :
elif ! command -v sudo >/dev/null; then say X 'it is not there'
elif refusal=$(sudo -n sh -c : 2>&1); then say A ''
else say X "$refusal"
fi
"""
_PROGRAMS = r"""
link='for p; do to=$(readlink -n "$p"; printf x); printf "L%s\0%s\0" "$p" "${to%x}"; done'
large='for p; do printf "B%s\0%s\0" "$p" "$(stat -c %s "$p")"; done'
limit=
if timeout --version >/dev/null 2>&1; then limit="timeout $seconds"; fi
"""
_STAND = r"""
stand() {
    for p; do
        if [ -L "$p" ]; then sh -c "$link" sh "$p"
        elif [ -d "$p" ]; then printf 'D%s\0' "$p"
        elif [ -f "$p" ] && [ "$(find "$p" -prune -size "+$blocks")" ]; then sh -c "$large" sh "$p"
        elif [ -f "$p" ]; then printf 'F%s\0' "$p"
        elif [ -e "$p" ]; then printf 'O%s\0' "$p"
        fi
    done
}
"""
_WALK = r"""
complaint=$( { $limit find / \( "$@" -path /none \) -prune -o ! \( WANTED \) \
    -o -type l -exec sh -c "$link" sh {} + \
    -o -type f -size "+$blocks" -exec sh -c "$large" sh {} + \
    -o -type f -exec printf 'F%s\0' {} + >&3
    printf 'Q%s\0' "$?" >&3; } 2>&1 | sed -n 1,2000p)
printf 'E%s\0' "$complaint"
"""
_PACK = r"""
options=
if tar --no-recursion --hard-dereference -P -cf /dev/null /dev/null 2>/dev/null
then options='--no-recursion --hard-dereference -P'; fi
pack='for p; do
    shift
    if [ ! -f "$p" ] || { [ -L "$p" ] && [ -z "$follow" ]; }; then :
    elif [ -r "$p" ]; then
        case $p in
        /proc/*|/sys/*)
            if digits=$(od -An -v -tx1 -N 4000000 "$p" 2>/dev/null)
            then printf "C%s\0" "$p"; printf %s "$digits" | tr -d " \n"; printf "\0"
            else printf "P%s\0" "$p"
            fi ;;
        *) set -- "$@" "$p" ;;
        esac
    else printf "P%s\0" "$p"
    fi
done
if [ $# -gt 0 ]; then
    printf "T\0"
    complaint=$( { $limit tar $options $follow -cf - -- "$@" >&3; printf "Q%s\0" "$?" >&3; } 2>&1 | sed -n 1,2000p)
    printf "E%s\0" "$complaint"
fi'
export options limit follow
"""
_LOOK = """if [ -e "$p" ] || [ -L "$p" ]; then
    printf 'V%s\\0' "$p"; stat -c '%f %u %g %s %Y %Z %i' "$p"; printf '\\0'
    if [ -L "$p" ]; then readlink -n "$p"; fi; printf '\\0'
fi"""
_LIST = """if [ ! -d "$p" ]; then :
elif [ -r "$p" ]; then
    printf 'W%s\\0' "$p"; find "$p/." ! -name . -prune -exec sh -c 'for n; do printf "Y%s\\0" "${n##*/}"; done' sh {} +
else printf 'P%s\\0' "$p"
fi"""
_WORDS_BYTES = 60_000
"""Of the words that one call is given: every system takes twice that."""


def about(*, sudo: bool) -> str:
    """What the host is, and, when that is wished, whether this user may become root.

    Records: ``S`` system, ``K`` kernel's release, ``N`` host's name, ``U`` user, ``M`` machine id, ``I`` mounts, ``D`` settings of the
    Docker daemon, ``R`` number of a removable device; ``A`` root may be had, ``X`` why not.
    """
    return _HEAD + _ABOUT + (_SUDO if sudo else "")


def find(named: Iterable[str], globs: Sequence[str], skip: "Skip", *, large_bytes: int, limit_s: int) -> str:
    """What stands at paths that are named, and each file and link that a glob wants (``Reads.patterns``), on one walk.

    Records, all with a path: ``S`` a directory of ``skip`` that is there and is not walked; ``D`` a directory, ``F`` a file, ``L`` a
    link and its target, ``B`` a file of more than ``large_bytes`` and its size, ``O`` something else; then ``Q`` the walk's status and
    ``E`` its complaints. Of a walk as ``find`` matches it there may be more than the globs want: ``*`` crosses slashes.
    """
    settings = f"seconds={limit_s}\nblocks={large_bytes // 512}\n"
    calls = [f"stand {' '.join(words)}\n" for words in _chunks(_quoted(named))]
    walk = skip.script() + _WALK.replace("WANTED", _expression(globs)) if globs else ""
    return _HEAD + settings + _PROGRAMS + _STAND + "".join(calls) + walk


def fetch(paths: Iterable[str], directories: Iterable[tuple[str, str]] = (), *, follow: bool = False, limit_s: int) -> str:
    """The content of regular files; ``directories`` are each with a glob for the names wanted in it. ``follow``: through links.

    Records: ``P`` a file that this user may not read; ``C`` one that the kernel makes up, its bytes as hexadecimal digits; ``T``, a tar
    archive of all others, zeros, ``Q`` its status, ``E`` complaints.
    """
    settings = f"seconds={limit_s}\nfollow={'-h' if follow else ''}\n"
    calls = [f'sh -c "$pack" sh {" ".join(words)}\n' for words in _chunks(_quoted(paths))]
    for directory, glob in directories:
        words = " ".join(_quoted((f"{directory}/.",)))
        calls.append(f'find {words} ! -name . -prune -name {shlex.quote(_plain(glob))} -exec sh -c "$pack" sh {{}} + 2>/dev/null\n')
    return _HEAD + settings + _PROGRAMS + _PACK + "".join(calls)


def look(paths: Iterable[str], directories: Iterable[str]) -> str:
    """The state of paths themselves and the names in directories.

    Records: ``V`` a path, its mode in hexadecimal, owner, group, size, times, inode (stat(1)), and where it is a link its target; ``W`` a
    directory, ``Y`` a name in it; ``P`` one that this user may not look into.
    """
    words = " ".join(_quoted(paths))
    listed = " ".join(_quoted(directories))
    return _HEAD + (f"for p in {words}; do {_LOOK}; done\n" if words else "") + (f"for p in {listed}; do {_LIST}; done\n" if listed else "")


class Skip:
    """What a walk leaves out: directories known by now, candidates that are looked for there, and the same in homes."""

    def __init__(self, known: Iterable[str], candidates: Iterable[str], in_homes: Iterable[str]) -> None:
        self._known = tuple(known)
        self._candidates = tuple(candidates)
        self._in_homes = tuple(in_homes)

    def script(self) -> str:
        """Sets the positional parameters to a part of find's expression."""
        known = " ".join(f"-path {shlex.quote(_plain('/' + path))} -o" for path in self._known)
        candidates = " ".join(_quoted(self._candidates))
        homes = " ".join(f'"$home"/{shlex.quote(path)}' for path in self._in_homes)
        note = 'if [ -d "$p" ]; then printf \'S%s\\0\' "$p"; set -- "$@" -path "$p" -o; fi'
        return (
            f"set -- {known}\n"
            + (f"for p in {candidates}; do {note}; done\n" if candidates else "")
            + (f"for home in /root /home/*; do for p in {homes}; do {note}; done; done\n" if homes else "")
        )


def _expression(globs: Sequence[str]) -> str:
    """find's words for any of the globs. The last component is asked first: that is cheap."""
    alternatives = []
    for glob in globs:
        path = glob.removeprefix("**/")
        words = ["-name", shlex.quote(_plain(path.rpartition("/")[2]))]
        if path == glob or "/" in path:
            words += ["-path", shlex.quote(("/" if path == glob else "*/") + _plain(path))]
        alternatives.append(" ".join(words))
    return " -o ".join(alternatives)


def _plain(glob: str) -> str:
    """In our globs only ``*`` and ``?`` mean something; for find brackets and the backslash do too."""
    return glob.replace("\\", "\\\\").replace("[", "\\[")


def _quoted(paths: Iterable[str]) -> Iterable[str]:
    return (shlex.quote(f"/{path}") for path in paths)


def _chunks(words: Iterable[str]) -> Iterable[list[str]]:
    """Words of one call each."""
    chunk: list[str] = []
    size = 0
    for word in words:
        if chunk and size + len(word) > _WORDS_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(word)
        size += len(word) + 1
    if chunk:
        yield chunk
