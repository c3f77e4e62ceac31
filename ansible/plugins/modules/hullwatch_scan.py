#!/usr/bin/python
# SPDX-FileCopyrightText: The hullwatch authors
# SPDX-License-Identifier: Apache-2.0
"""Run ``hullwatch scan`` and hand back what it says. A thin client of the command line: it imports nothing of hullwatch."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hullwatch_scan
short_description: Look at images, containers and hosts, and say what is wrong with them
version_added: 0.1.0
description:
  - Runs C(hullwatch scan) on the managed host and returns its findings, and what could not be judged.
  - Findings never fail the task, nor do gaps. To make them, use RV(threshold_reached) and RV(incomplete) in C(failed_when).
    The task fails when the command cannot be understood, or when nothing at all could be looked at.
  - A scan changes nothing of what it looks at. The task is changed when a file of O(output) is written.
author:
  - The hullwatch authors (@hullwatch)
options:
  targets:
    description:
      - What to look at, each a word that C(hullwatch scan) knows, such as V(host), V(daemon), V(docker:nginx:1.25), V(container:web),
        V(archive:/tmp/image.tar) or V(dir:/srv/root).
      - None means the host itself, its Docker daemon, every local image and every running container.
    type: list
    elements: str
    default: []
    aliases: [target]
  fail_on:
    description:
      - From where on RV(threshold_reached) is true. A severity, V(fixable), V(exploited), several with commas between them, or V(never).
      - Without it the host's own settings count, and then V(high,fixable).
    type: str
  only:
    description: Only findings of these kinds; none means all.
    type: list
    elements: str
    choices: [vulnerability, benchmark, integrity]
    default: []
  waivers:
    description: File of waivers on the managed host.
    type: path
  offline:
    description: Fetch nothing; judge by the advisories that are there.
    type: bool
    default: false
  mirror:
    description: Directory on the managed host, or address, that is tried first for every feed.
    type: str
  docker_host:
    description: Where the Docker Engine answers, as in E(DOCKER_HOST).
    type: str
  home:
    description:
      - Where history, cache of facts and advisory database lie on the managed host.
      - Without it the command's own choice, C(~/.local/share/hullwatch) of the user who runs it.
    type: path
  output:
    description:
      - Reports to leave on the managed host, all of the same run.
      - A file that already says the same of the targets is left as it is, and is no change. That it was made at another time, or what was
        new since which run, makes no difference.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file. Its directory must be there.
        type: path
        required: true
      format:
        description: How to write it. Without it the suffix decides (V(.json), V(.sarif), V(.cdx.json), V(.tsv), V(.txt)).
        type: str
        choices: [json, sarif, cyclonedx, lines, table]
      mode:
        description: Permissions of the file, as in M(ansible.builtin.file). Without it a new file has those that the umask gives.
        type: raw
  executable:
    description: The command, as a path or as a name to be looked for.
    type: str
    default: hullwatch
  max_findings:
    description: How many findings are returned at most; RV(findings_left_out) counts the others. Files hold all of them.
    type: int
    default: 1000
attributes:
  check_mode:
    support: full
    description: >-
      The scan is done and returned as ever. No file of O(output) is written, nothing is remembered in O(home), nobody is told, and feeds
      that had to be fetched are forgotten. On a host without the command the task is skipped.
  diff_mode:
    support: none
    description: Can show what would be changed.
  platform:
    support: full
    platforms: posix
    description: Where hullwatch runs.
requirements:
  - hullwatch on the managed host, see the role P(hullwatch.core.install#role)
"""

EXAMPLES = r"""
- name: Look at one image and leave the report
  hullwatch.core.hullwatch_scan:
    targets: docker:debian:sid
    output:
      - path: /tmp/debian:sid-scan-report.json
      - path: /tmp/debian:sid.sarif

- name: Look at everything on the host and fail from high and fixable on, or when something could not be judged
  hullwatch.core.hullwatch_scan:
    fail_on: high,fixable
    waivers: /etc/hullwatch/waivers.yaml
  register: scan
  failed_when: scan is failed or scan.threshold_reached or scan.incomplete

- name: Judge an image where there is no network
  hullwatch.core.hullwatch_scan:
    targets: [docker:registry.example.com/shop/api:2.4]
    only: [vulnerability]
    mirror: /srv/mirror
"""

RETURN = r"""
exit_status:
  description: >-
    Exit status of the command. 0 nothing at or above the threshold, 1 something was found there, 3 something asked for could not be judged.
  returned: success
  type: int
  sample: 1
threshold_reached:
  description: Whether something at or above O(fail_on) was found.
  returned: success
  type: bool
  sample: true
incomplete:
  description: Whether something asked for could not be judged.
  returned: success
  type: bool
  sample: false
clean:
  description: Whether something was judged, nothing was found and nothing is missing.
  returned: success
  type: bool
  sample: false
fail_on:
  description: The threshold that counted.
  returned: success
  type: str
  sample: high,fixable
made_at:
  description: When the report was made, in UTC.
  returned: success
  type: str
  sample: "2027-01-04T02:13:00.000000Z"
version:
  description: Version of hullwatch.
  returned: success
  type: str
  sample: 0.1.0
summary:
  description: >-
    Counts over all targets, as below C(summary.total) of the JSON report: vulnerabilities by severity and fix, checks by verdict, packages,
    new and mended findings, gaps, waived ones.
  returned: success
  type: dict
  sample: {"packages": 154, "new": 2, "gaps": 0}
findings:
  description: One row for each finding, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: "CVE or another id of the flaw, or a check's name", type: str, sample: CVE-2023-44487}
    kind: {description: "V(vulnerability), V(benchmark) or V(integrity)", type: str, sample: vulnerability}
    severity: {description: Severity; V(unrated) when nobody says, type: str, sample: high}
    exploited: {description: Whether it is known to be exploited, type: bool, sample: false}
    package: {description: "Source package, or what a check was asked of", type: str, sample: nghttp2}
    installed: {description: Version that is there, type: str, sample: 1.52.0-1}
    fixed: {description: Version that mends it; empty when there is none, type: str, sample: 1.52.0-1+deb12u1}
    target: {description: Where it was found, type: str, sample: "docker:nginx:1.25"}
    status: {description: "V(fixed) where a version mends it, V(unfixed), V(fail) of checks, V(waived)", type: str, sample: fixed}
    new: {description: Whether it was not there when the target was last judged, type: bool, sample: false}
findings_left_out:
  description: How many findings O(max_findings) left out of RV(findings).
  returned: success
  type: int
  sample: 0
gaps:
  description: What ought to have been judged and could not, apart from what was waived.
  returned: success
  type: list
  elements: dict
  contains:
    target: {description: The target it belongs to, type: str, sample: "docker:nginx:1.25"}
    kind: {description: The word that a waiver names, type: str, sample: feed-missing}
    what: {description: What could not be judged, type: str, sample: debian/bookworm}
    why: {description: Why, type: str, sample: it was never fetched}
output:
  description: Files that hold the reports; those that O(output) names.
  returned: success
  type: list
  elements: str
  sample: ["/tmp/debian:sid-scan-report.json"]
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

REPORTS = (0, 1, 3)
"""Exit statuses with a report: nothing, something at or above the threshold, something that could not be judged."""
PREFIX = "hullwatch: "
"""Before each of the command's own words on standard error."""
NO_HISTORY = "sqlite:////dev/null/none"
"""A history that cannot be opened: the run is not remembered, and so nobody is told of it."""
SEVERITIES = ("critical", "high", "unrated", "medium", "low", "negligible")
"""The worst first; what nobody rates counts as high, as it does for the threshold."""
HISTORY = {
    *("made_at", "taken_at", "fetched_at", "first_seen", "previous_at", "since", "run", "seconds", "new", "mended", "gone"),
    *("baselineState", "endTimeUtc"),  # in SARIF
    "timestamp",  # in CycloneDX
}
"""Keys of a report that tell of this run and the one before, not of the targets."""


def main():
    """Run the command and leave by one of Ansible's doors."""
    module = AnsibleModule(
        argument_spec={
            "targets": {"type": "list", "elements": "str", "default": [], "aliases": ["target"]},
            "fail_on": {"type": "str"},
            "only": {"type": "list", "elements": "str", "choices": ["vulnerability", "benchmark", "integrity"], "default": []},
            "waivers": {"type": "path"},
            "offline": {"type": "bool", "default": False},
            "mirror": {"type": "str"},
            "docker_host": {"type": "str"},
            "home": {"type": "path"},
            "output": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "path", "required": True},
                    "format": {"type": "str", "choices": ["json", "sarif", "cyclonedx", "lines", "table"]},
                    "mode": {"type": "raw"},
                },
            },
            "executable": {"type": "str", "default": "hullwatch"},
            "max_findings": {"type": "int", "default": 1000},
        },
        supports_check_mode=True,
    )
    executable = module.get_bin_path(module.params["executable"], opt_dirs=["/usr/local/bin"])
    if executable is None:
        absent = f"there is no {module.params['executable']} here; the role hullwatch.core.install brings it"
        if module.check_mode:
            module.exit_json(changed=False, skipped=True, msg=absent)
        module.fail_json(msg=absent)
    for wanted in module.params["output"]:
        check_place(module, Path(wanted["path"]))
    scratch = Path(tempfile.mkdtemp(prefix="hullwatch-", dir=module.tmpdir))
    try:
        document, written = scan(module, executable, scratch)
        changed = [put_in_place(module, new, wanted) for new, wanted in zip(written, module.params["output"])]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    module.exit_json(changed=any(changed), **result_of(document, module.params))


def check_place(module, path):
    """Fail before anything is scanned when a report could not be put there."""
    if path.is_dir():
        module.fail_json(msg=f"{path} is a directory; name a file")
    if not path.parent.is_dir() and not module.check_mode:
        module.fail_json(msg=f"there is no directory {path.parent} for {path}")


def scan(module, executable, scratch):
    """The JSON report of one run, and where its other reports lie in ``scratch``, one for each of ``output``."""
    command, written = command_of(module.params, executable, scratch)
    environment = {}
    if module.check_mode:
        home = scratch / "home"
        lend(Path(module.params["home"] or os.environ.get("HULLWATCH_HOME") or "~/.local/share/hullwatch").expanduser(), home)
        command += ["--home", str(home)]
        environment["HULLWATCH_DATABASE_URL"] = NO_HISTORY
    elif module.params["home"]:
        command += ["--home", module.params["home"]]
    status, out, err = module.run_command([*command, "--", *module.params["targets"]], environ_update=environment)
    said = [line[len(PREFIX) :] for line in err.splitlines() if line.startswith(PREFIX)]
    try:
        document = json.loads(out) if status in REPORTS else None
    except ValueError:
        document = None
    if document is None:
        module.fail_json(msg=said[-1] if said else f"{executable} ended with status {status} and no report", rc=status, stderr=err)
    for line in [] if module.check_mode else said:  # there it says that nothing is remembered, as it shall be
        module.warn(line)
    return document, written


def command_of(params, executable, scratch):
    """The words of the command without home and targets, and the files of ``scratch`` that it will leave."""
    command = [executable, "scan", "--format", "json", "--color", "never"]
    for option in ("fail_on", "waivers", "mirror", "docker_host"):
        if params[option]:
            command += ["--" + option.replace("_", "-"), params[option]]
    if params["offline"]:
        command.append("--offline")
    for kind in params["only"]:
        command += ["--only", kind]
    written = []
    for number, wanted in enumerate(params["output"]):
        written.append(str(scratch / f"{number}-{Path(wanted['path']).name}"))
        command += ["--output", f"{wanted['format']}={written[-1]}" if wanted["format"] else written[-1]]
    return command, written


def lend(home, to):
    """Make a home that has the other's settings and advisories, and that can be written and thrown away without harm to it."""
    (to / "advisories").mkdir(parents=True)
    if (home / "hullwatch.toml").is_file():
        shutil.copy(str(home / "hullwatch.toml"), str(to))
    for feed in (home / "advisories").glob("[!.]*"):  # each is one file, replaced whole by another of its name: a link will do
        (to / "advisories" / feed.name).symlink_to(feed.resolve())


def put_in_place(module, new, wanted):
    """Whether the report is, or in check mode would be, put where it is wanted: it says something else than what is there."""
    path = wanted["path"]
    changed = not says_the_same(new, path)
    if module.check_mode:
        return changed
    if changed:
        module.atomic_move(new, path)
    return module.set_mode_if_different(path, wanted["mode"], changed)


def says_the_same(new, old):
    """Whether two reports say the same of their targets."""
    try:
        one, other = Path(new).read_bytes(), Path(old).read_bytes()
    except OSError:
        return False
    if one == other:
        return True
    try:
        return without_history(json.loads(one)) == without_history(json.loads(other))
    except ValueError:
        return False


def without_history(value):
    """A JSON value without what tells of this run and the one before."""
    if isinstance(value, dict):
        return {key: without_history(each) for key, each in value.items() if key not in HISTORY}
    if isinstance(value, list):
        return [without_history(each) for each in value]
    return value


def result_of(document, params):
    """What the module returns of a report."""
    rows = sorted(document["findings"], key=badness)
    fields = ("id", "kind", "severity", "exploited", "package", "installed", "fixed", "target", "status", "new")
    return {
        "exit_status": document["exit_status"],
        "threshold_reached": document["failed"],
        "incomplete": document["incomplete"],
        "clean": document["clean"],
        "fail_on": document["fail_on"],
        "made_at": document["made_at"],
        "version": document["version"],
        "summary": document["summary"]["total"],
        "findings": [{field: row[field] for field in fields} for row in rows[: params["max_findings"]]],
        "findings_left_out": max(0, len(rows) - params["max_findings"]),
        "gaps": gaps_of(document["report"]),
        "output": [wanted["path"] for wanted in params["output"]],
    }


def badness(row):
    """Where a finding stands: what is known to be exploited first, then the worst."""
    severity = row["severity"]
    return not row["exploited"], SEVERITIES.index(severity) if severity in SEVERITIES else 0


def gaps_of(report):
    """The gaps of all targets, and the targets that could not be looked at."""
    found = [(each["inventory"]["target"]["reference"], gap) for each in report.get("targets", ()) for gap in each.get("gaps", ())]
    found += [(each["reference"], each["gap"]) for each in report.get("unfinished", ())]
    return [{"target": target, "kind": gap["kind"], "what": gap["what"], "why": gap["why"]} for target, gap in found]


if __name__ == "__main__":
    main()
