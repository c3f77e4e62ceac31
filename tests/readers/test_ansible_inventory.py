"""Plain Ansible inventories are read as Ansible itself reads them, and nothing in them is run."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.errors import LimitExceeded, Misuse
from hullwatch.readers import ansible_draft, ansible_yaml
from hullwatch.readers.ansible_draft import KEPT, Source
from hullwatch.readers.ansible_inventory import AnsibleInventory, VariableFiles, parse_ansible_inventory


def source(path: Path) -> Source:
    """A recorded file."""
    return Source(str(path), path.read_bytes())


def ini(text: str) -> AnsibleInventory:
    """An inventory in INI form."""
    return parse_ansible_inventory([Source("hosts", text.encode())])


def yml(text: str) -> AnsibleInventory:
    """An inventory in YAML form."""
    return parse_ansible_inventory([Source("fleet.yml", text.encode())])


def cases(data: Path) -> Iterator[tuple[str, AnsibleInventory]]:
    """Each recorded inventory, as we read it."""
    top = data / "ansible-core-2.19.14"
    yield "ini", parse_ansible_inventory([source(top / "ini/hosts")])
    yield "yaml", parse_ansible_inventory([source(top / "yaml/fleet.yml")])
    here = top / "directory"
    files = VariableFiles(
        {"all": [source(here / "group_vars/all.yml")], "web": [source(here / "group_vars/web/a.yml"), source(here / "group_vars/web/b")]},
        {"web2": [source(here / "host_vars/web2.yml")]},
    )
    yield "directory", parse_ansible_inventory([source(here / "10-web"), source(here / "20-more.yml")], files)


def members(listed: Mapping[str, Any], group: str) -> set[str]:
    """All hosts of a group, as ansible-inventory lists them."""
    entry = listed.get(group, {})
    return set(entry.get("hosts", ())).union(*(members(listed, child) for child in entry.get("children", ())))


def said(variables: Mapping[str, object]) -> dict[str, str]:
    """The variables that we keep, in one spelling."""
    kept = {KEPT[key]: str(variables[key]).lower() for key in KEPT if key in variables and key != "ansible_group_priority"}
    return {key: {"no": "false", "yes": "true"}.get(value, value) for key, value in kept.items()}


def test_groups_and_variables_are_those_that_ansible_finds(data: Path) -> None:
    """Ranges, groups within groups, both spellings of a variable, priorities, files beside the inventory."""
    for name, inventory in cases(data):
        listed = json.loads((data / f"ansible-core-2.19.14/{name}.list.json").read_bytes())
        variables = listed.pop("_meta")["hostvars"]
        assert {group: set(hosts) for group, hosts in inventory.groups.items() if hosts} == {
            group: found for group in listed if (found := members(listed, group))
        }
        assert {host: said(each) for host, each in inventory.hosts.items()} == {
            host: said(variables.get(host, {})) for host in members(listed, "all")
        }


def test_no_password_is_kept(data: Path) -> None:
    """Nor any other variable that does not say how a host is reached."""
    assert {key for _, inventory in cases(data) for each in inventory.hosts.values() for key in each} <= set(KEPT.values())


def test_an_empty_inventory_has_no_hosts() -> None:
    """In either form."""
    for text in ("", "# nothing\n", "---\n"):
        assert (ini(text).hosts, yml(text).hosts) == ({}, {})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web[1:3]", ["web1", "web2", "web3"]),
        ("web[08:10].x", ["web08.x", "web09.x", "web10.x"]),
        ("[a:c]-[1:2]", ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]),
        ("n[0:10:5]", ["n0", "n5", "n10"]),
        ("n[:1]", ["n0", "n1"]),
        ("::1", ["::1"]),
        ("[::1]", ["::1"]),
        ("[1:3:2]:22", ["1", "3"]),
    ],
)
def test_ranges(text: str, names: list[str]) -> None:
    """Both ends are in it; what looks like a range may be an address."""
    assert list(ini(text).hosts) == names


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("web[3:a]", "hosts:1: .* no range"),
        ("web[c:a]", "hosts:1: .* ends before it begins"),
        ("web[01:100]", "hosts:1: .* as many digits"),
        ("a b", "hosts:1: 'b' is no variable"),
        ("a 'b=c", "hosts:1: No closing quotation"),
        ("\n[web:vars]\nx", "hosts:3: 'x' is no variable"),
        ("[web:vars]\nx=1", "hosts:1: there is no group web"),
        ("[web:children]\ndb", "hosts:2: there is no group db"),
        ("[web:hosts]\n[web:other]", "hosts:2: .* no section"),
        ("[a:children]\nb\n[b:children]\na", "groups lie in each other: a, b"),
        ("[a:children]\nall", "groups lie in each other"),
        ("[web\nx", "no host's name"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_line(text: str, complaint: str) -> None:
    """A host that is lost in silence would not be looked at."""
    with pytest.raises(Misuse, match=complaint):
        ini(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("all: [a]", "fleet.yml:1: a mapping is expected"),
        ("- a", "this is no inventory"),
        ("all: {host: {a: }}", "'host' is nothing that a group has"),
        ("all:\n  hosts:\n    a[x:]:", "fleet.yml:3: .* no range"),
        ("{}: 1", "not YAML|a name is expected"),
        ("a: *b", "not YAML"),
        ("a b: {}", "no group's name"),
        ("plugin: amazon.aws.aws_ec2\nregions: [x]", "it asks for the plugin"),
    ],
)
def test_what_cannot_be_understood_in_yaml(text: str, complaint: str) -> None:
    """A plugin would be code: it is refused."""
    with pytest.raises(Misuse, match=complaint):
        yml(text)


def test_the_form_is_told_by_the_content_where_the_name_does_not_tell() -> None:
    """As Ansible does."""
    assert list(ini("all: {hosts: {a: , b: }}").hosts) == ["a", "b"]
    assert list(ini("a\nb\n").hosts) == ["a", "b"]


def test_templates_and_encrypted_values_stay_as_they_are() -> None:
    """Whoever uses them can tell."""
    inventory = yml("all: {hosts: {a: {ansible_host: '{{ lookup(\"pipe\", \"id\") }}', ansible_user: !vault '$ANSIBLE_VAULT;1.1'}}}")
    assert inventory.hosts["a"] == {"ansible_host": '{{ lookup("pipe", "id") }}', "ansible_user": "$ANSIBLE_VAULT;1.1"}
    files = VariableFiles({"all": [Source("all.yml", b"$ANSIBLE_VAULT;1.1;AES256\n3030")]})
    assert parse_ansible_inventory([Source("hosts", b"a")], files).hosts == {"a": {}}


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges upon ranges, groups within groups, and references to references."""
    with pytest.raises(LimitExceeded):
        ini("a[1:999999999]")
    with pytest.raises(LimitExceeded):
        ini("[1:999][1:999]")
    with pytest.raises(LimitExceeded):
        ini("\n".join(f"[g{number}:children]\ng{number + 1}" for number in range(150)) + "\n[g150]\nx")
    monkeypatch.setattr(ansible_draft, "GROUPS_LIMIT", 10)
    with pytest.raises(LimitExceeded):
        ini("\n".join(f"[g{number}]" for number in range(20)))
    monkeypatch.setattr(ansible_yaml, "NODES_LIMIT", 1000)
    layers = "\n".join(f"g{n}: &g{n} {{children: {{{', '.join(f'x{n}{i}: *g{n - 1}' for i in range(9))}}}}}" for n in range(1, 5))
    with pytest.raises(LimitExceeded):
        yml("g0: &g0 {hosts: {a: }}\n" + layers)


@given(
    st.binary(max_size=200)
    | st.from_regex(r"(\[?[a-c]{0,2}[:=\[\]{} \n-]{0,4}(children|hosts|vars|ansible_host|1:3)?\]?\n?){0,8}").map(str.encode)
)
def test_any_bytes(data: bytes) -> None:
    """Whatever a file holds ends in an inventory or in one of our errors."""
    for name in ("hosts", "hosts.yml"):
        with suppress(Misuse, LimitExceeded):
            parse_ansible_inventory([Source(name, data)], VariableFiles())
    with suppress(Misuse, LimitExceeded):
        parse_ansible_inventory([Source("hosts", b"a")], VariableFiles({"all": [Source("all", data)]}, {"a": [Source("a", data)]}))
