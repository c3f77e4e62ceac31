"""Where a rule sends to: an Apprise URL, which holds secrets. It is had when something is sent, and shown nowhere."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from ..config import NotifyRule
from ..errors import Denied, NotFound

_LONGEST = 4096
"""Characters of a URL."""
_SECURE = {"json": "jsons", "xml": "xmls", "form": "forms", "http": "https", "mailto": "mailtos", "apprise": "apprises", "ntfy": "ntfys"}
"""Schemes that are not encrypted, and those to use instead."""
_HOSTED = frozenset((*_SECURE, *_SECURE.values()))
"""Schemes whose URL names a host; in all others that place holds a token."""
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_SHORT = 6
_HIDDEN = "***"


def address_of(rule: NotifyRule, environ: Mapping[str, str]) -> str:
    """The URL of a rule, from where the settings say. Raises NotFound, Denied."""
    where = f"notify.{rule.name}"
    if rule.url:
        return rule.url
    if rule.url_env:
        if not (found := environ.get(rule.url_env, "").strip()):
            raise NotFound(f"{where}.url_env: {rule.url_env} is not set", remedy="set it to an Apprise URL where hullwatch runs")
        return found
    path = Path(rule.url_file or "")
    try:
        with path.open(encoding="utf-8") as stream:
            found = stream.readline(_LONGEST).strip()
    except PermissionError as error:
        raise Denied(f"{where}.url_file: {path} cannot be read", remedy="make it readable for the user that runs hullwatch") from error
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{where}.url_file: {path} cannot be read", remedy="write an Apprise URL into its first line") from error
    if not found:
        raise NotFound(f"{where}.url_file: {path} is empty", remedy="write an Apprise URL into its first line")
    return found


def oddities(rule: NotifyRule, url: str, settings_files: tuple[str, ...] = ()) -> Iterator[str]:
    """What is legal and odd about where a rule sends to, each with the path of its setting; nothing of the URL itself."""
    source = "url" if rule.url else "url_env" if rule.url_env else "url_file"
    scheme = url.partition("://")[0].lower()
    if scheme in _SECURE and not _LOOPBACK.fullmatch(_host(url)):
        yield f"notify.{rule.name}.{source}: not {'encrypted' if scheme == 'mailto' else 'https'} ({_SECURE[scheme]}:// is)"
    places = [Path(name) for name in settings_files] if rule.url else [rule.url_file] if rule.url_file else []
    for path in places:
        if _read_by_others(path):
            yield f"notify.{rule.name}.{source}: others may read {path}, and it holds a secret"


def redact(text: str, url: str) -> str:
    """``text`` without the URL and any part of it that may be a secret: a host may stay. No other URL stays either: it may be cut short."""
    text = _URL.sub(_HIDDEN, text.replace(url, _HIDDEN)) if url else text
    for secret in sorted(_secrets(url), key=len, reverse=True):
        plain = re.escape(secret)
        text = re.sub(plain if len(secret) >= _SHORT else rf"(?<!\w){plain}(?!\w)", _HIDDEN, text)
    return text


def _secrets(url: str) -> set[str]:
    """The URL, what it says of users, its path piece by piece, what its query says; each as written and decoded."""
    found = {url}
    scheme, _, rest = url.partition("://")
    before, _, query = rest.partition("?")
    user, at, hosted = before.rpartition("@")
    host, *path = hosted.split("/")
    found |= set(re.split(r"[:@]", user)) if at else set()
    found |= {*path, *hosted.split("/")[1:], "/".join(path), query, rest, before}
    found |= {value for _, value in parse_qsl(query, keep_blank_values=False)}
    found |= {host, *host.split(":")}
    found |= {unquote(each) for each in found}
    shown = {host, *host.split(":")} if scheme.lower() in _HOSTED else set()
    return found - shown - {""}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _read_by_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & stat.S_IROTH)
    except OSError:
        return False
