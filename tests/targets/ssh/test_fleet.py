"""The hosts of an Ansible inventory as targets."""

import os
from pathlib import Path

import pytest

from hullwatch.errors import LimitExceeded, Misuse, NotFound
from hullwatch.model import Target, Unfinished
from hullwatch.targets.ssh import fleet_files
from hullwatch.targets.ssh.address import Access
from hullwatch.targets.ssh.fleet import Fleet, open_fleet

NOWHERE = Path("/nowhere/hosts")


def fleet(directory: Path, text: str) -> Fleet:
    """The fleet of an inventory."""
    (directory / "inventory").write_text(text)
    return open_fleet(None, directory, NOWHERE)


def references(members: tuple[Target | Unfinished, ...]) -> list[str]:
    """Of targets and of what is none."""
    return [each.reference for each in members]


def test_a_group_is_its_hosts_and_so_is_a_host(tmp_path: Path) -> None:
    """Each by where it is reached; one that two names lead to is one target."""
    hosts = fleet(
        tmp_path,
        "[web]\nweb-1 ansible_host=192.0.2.1 ansible_user=ops\nweb-2 ansible_port=2222\nagain ansible_host=192.0.2.1 ansible_user=ops\n"
        "[v6]\n2001:db8::5\n[near]\nhere ansible_connection=local\n[all:children]\nweb\nv6\nnear\n",
    )
    assert references(hosts.members("web")) == ["ssh://ops@192.0.2.1", "ssh://web-2:2222"]
    assert references(hosts.members("web-2")) == ["ssh://web-2:2222"]
    assert references(hosts.members("all")) == ["ssh://ops@192.0.2.1", "ssh://web-2:2222", "ssh://[2001:db8::5]", "host"]
    first = hosts.members("web")[0]
    assert isinstance(first, Target)
    assert first.name == "web-1"


def test_what_cannot_be_reached_is_unfinished_with_the_reason(tmp_path: Path) -> None:
    """Never left out in silence, and never guessed."""
    hosts = fleet(
        tmp_path,
        'box ansible_connection=docker\nmade ansible_host=\'{{ lookup("pipe", "id") }}\'\nodd ansible_host=-oProxyCommand=id\n'
        "bad ansible_port=ssh\nplain ansible_connection=ansible.builtin.ssh\n",
    )
    found = {each.reference: each.gap.why for each in hosts.members("all") if isinstance(each, Unfinished)}
    assert found == {
        "@box": "box: its ansible_connection is 'docker'; hosts are reached over SSH only",
        "@made": "made: its ansible_host is a template, and templates are not filled in",
        "@odd": "odd: '-oProxyCommand=id' is no host's name or address",
        "@bad": "bad: 'ssh' is no port",
    }


def test_an_unknown_group_names_the_known_ones(tmp_path: Path) -> None:
    """Those that have hosts."""
    with pytest.raises(Misuse, match=r"inventory has no group 'wbe'; there are: @all, @web$"):
        fleet(tmp_path, "[web]\na\n[empty]\n").members("wbe")
    with pytest.raises(Misuse, match="no groups with hosts"):
        fleet(tmp_path, "").members("web")


def test_how_a_host_is_reached_is_found_by_its_reference(tmp_path: Path) -> None:
    """So that a reference alone is enough for a worker; what the inventory does not know is reached as the settings say."""
    hosts = fleet(tmp_path, "web ansible_become=no ansible_ssh_private_key_file=~/key\ndb ansible_become=yes\nother\n")
    plain = Access(timeout_s=7)
    assert hosts.access("ssh://web", plain) == Access(name="web", identity_file=str(Path("~/key").expanduser()), sudo=False, timeout_s=7)
    assert hosts.access("ssh://db", plain) == Access(name="db", timeout_s=7)
    assert hosts.access("ssh://db", Access(sudo=False)) == Access(name="db", sudo=False)
    assert hosts.access("ssh://stranger", plain) == plain


def test_where_the_inventory_lies(tmp_path: Path) -> None:
    """The setting; else ./inventory, ./hosts, what ansible.cfg names, the system's."""
    (system := tmp_path / "system").write_text("of-the-system")
    (tmp_path / "here").mkdir()
    here = tmp_path / "here"

    def found(setting: Path | None = None) -> list[str]:
        return references(open_fleet(setting, here, system).members("all"))

    assert found() == ["ssh://of-the-system"]
    (here / "fleet").write_text("of-ansible-cfg")
    (here / "more").write_text("of-ansible-cfg-too")
    (here / "ansible.cfg").write_text("[defaults]\ninventory = fleet, more\n")
    assert found() == ["ssh://of-ansible-cfg", "ssh://of-ansible-cfg-too"]
    (here / "hosts").write_text("of-hosts")
    assert found() == ["ssh://of-hosts"]
    (here / "inventory").write_text("of-inventory")
    assert found() == ["ssh://of-inventory"]
    assert found(here / "fleet") == ["ssh://of-ansible-cfg"]
    with pytest.raises(NotFound, match="HULLWATCH_INVENTORY"):
        found(here / "nothing")
    (here / "ansible.cfg").write_text("no section")
    (here / "inventory").unlink()
    (here / "hosts").unlink()
    with pytest.raises(Misuse, match=r"ansible\.cfg"):
        found()


def test_what_a_stranger_left_here_is_not_heeded(tmp_path: Path) -> None:
    """It would say where we log in; named in full it is meant."""
    if os.geteuid() != 0:
        pytest.skip("to give a file away needs root")
    (tmp_path / "fleet").write_text("a")
    for name in ("ansible.cfg", "hosts"):
        (tmp_path / name).write_text("")
        os.chown(tmp_path / name, 4711, 0)
        with pytest.raises(Misuse, match=f"{name} belongs to user 4711"):
            open_fleet(None, tmp_path, NOWHERE)
        assert references(open_fleet(tmp_path / "fleet", tmp_path, NOWHERE).members("all")) == ["ssh://a"]


def test_there_is_none(tmp_path: Path) -> None:
    """Which is said with the way to name one."""
    with pytest.raises(NotFound, match="HULLWATCH_INVENTORY"):
        open_fleet(None, tmp_path, NOWHERE)


def test_a_directory_and_the_variables_beside_it(data: Path, tmp_path: Path) -> None:
    """As recorded from Ansible; what it passes over is passed over."""
    hosts = open_fleet(data / "ansible-core-2.19.14/directory", tmp_path)
    assert references(hosts.members("web")) == ["ssh://from-a-file@web1:2", "ssh://inline@192.0.2.99:2"]
    (tmp_path / "inventory/group_vars").mkdir(parents=True)
    for name in ("README.md", ".git", "old.bak", "10~", "vars.ini"):
        (tmp_path / "inventory" / name).write_text("[[[")
    (tmp_path / "inventory/10").write_text("a\n")
    (tmp_path / "inventory/group_vars/all").write_text("ansible_user: ops\n")
    assert references(open_fleet(None, tmp_path).members("all")) == ["ssh://ops@a"]


def test_nothing_is_run(tmp_path: Path) -> None:
    """A program is refused, and told how to be of use; so is a vault."""
    (tmp_path / "inventory").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "inventory").chmod(0o755)
    with pytest.raises(Misuse, match="is a program; nothing is run: keep what ansible-inventory --list --yaml says"):
        open_fleet(None, tmp_path)
    (tmp_path / "inventory").write_text("$ANSIBLE_VAULT;1.1;AES256\n30\n")
    with pytest.raises(Misuse, match="is encrypted"):
        open_fleet(None, tmp_path)
    assert not (tmp_path / "ran").exists()


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, and directories within directories, are counted."""
    monkeypatch.setattr(fleet_files, "FILES_LIMIT", 3)
    (tmp_path / "inventory").mkdir()
    for number in range(4):
        (tmp_path / f"inventory/{number}").touch()
    with pytest.raises(LimitExceeded):
        open_fleet(None, tmp_path)
    monkeypatch.setattr(fleet_files, "FILES_LIMIT", 100)
    (tmp_path / "inventory/loop").symlink_to(".")
    with pytest.raises(LimitExceeded):
        open_fleet(None, tmp_path)
