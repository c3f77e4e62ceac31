"""``hullwatch findings``: what is wrong on everything that a server looks after."""

import json
from typing import Annotated

import typer

from .remote import DEFAULT_SERVER, AccessToken, Form, FormOption, Remote, ServerAddress, show

findings = typer.Typer(help="What is wrong, on all targets of a server.", no_args_is_help=True)
_COLUMNS = ("id", "severity", "rule", "subject", "installed", "fixed_in", "target", "exploited", "new", "first_seen")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(findings, name="findings", short_help="What is wrong, on all targets of a server.")


@findings.command(name="list")
def list_findings(
    severity: Annotated[list[str] | None, typer.Option(help="One of these; may be given several times.", show_default=False)] = None,
    kind: Annotated[list[str] | None, typer.Option(help="vulnerability, benchmark, integrity.", show_default=False)] = None,
    target: Annotated[str, typer.Option(metavar="TARGET", help="Only of this one.")] = "",
    rule: Annotated[str, typer.Option(help="A CVE or a check's name; * for anything.")] = "",
    text: Annotated[str, typer.Option(help="Somewhere in rule or subject.")] = "",
    exploited: Annotated[bool, typer.Option("--exploited", help="Only what is known to be exploited.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Only what is new since its target was judged before.")] = False,
    gone: Annotated[bool, typer.Option("--gone", help="What is gone, in place of what is wrong.")] = False,
    waived: Annotated[
        bool | None, typer.Option("--waived/--unwaived", help="Only what a waiver covers, or what none covers.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(help="So many, the worst.", min=1)] = 1000,
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
    form: FormOption = Form.TABLE,
) -> None:
    """List what is wrong now, the worst first."""
    query = {
        "severity": severity,
        "kind": kind,
        "target": target,
        "rule": rule,
        "text": text,
        "exploited": exploited or None,
        "new": new or None,
        "gone": gone or None,
        "waived": waived,
        "limit": min(limit, 500),
    }
    found = []
    for each in Remote(server, token).all("/findings", "findings", **query):
        found.append(each)
        if len(found) == limit:
            break
    show(found, _COLUMNS, form)


@findings.command(name="show")
def show_finding(
    finding: Annotated[str, typer.Argument(metavar="ID", help="Of the finding, as in the list.")],
    server: ServerAddress = DEFAULT_SERVER,
    token: AccessToken = "",
) -> None:
    """Show a finding with its evidence, as JSON."""
    from .streams import write_out

    write_out(json.dumps(Remote(server, token).get(f"/findings/{finding}"), indent=2) + "\n")
