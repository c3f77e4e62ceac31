"""Options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hullwatch.model import Gap, Note
from hullwatch.readers.osquery_options import AgentOptions, read_options


def test_without_options_defaults_are_osquerys() -> None:
    """Save that file events are on where file_paths are given."""
    options, said = read_options({})
    assert options == AgentOptions()
    assert (options.schedule_splay_percent, options.schedule_default_interval, options.events_expiry, options.read_max) == (
        10, 3600, 3600, 52_428_800,
    )  # fmt: skip
    assert said == ()


@pytest.mark.parametrize(
    ("name", "text", "heeded"),
    [
        ("disable_logging", "true", True),
        ("disable_logging", "0", False),
        ("schedule_splay_percent", "20", 20),
        ("logger_path", "/l", "/l"),
        ("verbose", "T", True),
    ],
)
def test_values_are_text(name: str, text: str, heeded: object) -> None:
    """Whatever they were in JSON."""
    options, said = read_options({name: text})
    assert (getattr(options, name), said) == (heeded, ())


def test_an_old_name_means_the_new_one() -> None:
    """Which today's osquery refuses."""
    assert not read_options({"log_result_events": "false"})[0].logger_event_type


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("enable_syslog", "true", Gap),
        ("enable_syslog", "false", None),
        ("disable_audit", "false", Gap),
        ("disable_audit", "true", None),
        ("logger_plugin", "filesystem", Note),
        ("logger_plugin", "tls", Gap),
        ("worker_threads", "2", Note),
        ("no_such_option", "1", Note),
        ("custom_thing", "1", None),
        ("events_max", "many", Gap),
        ("disable_logging", "perhaps", Gap),
    ],
)
def test_what_cannot_be_heeded_is_said(name: str, text: str, kind: type[Gap] | type[Note] | None) -> None:
    """A gap where something was asked for that is not done; a note where it means nothing here; once."""
    _, said = read_options({name: text})
    assert [type(each) for each in said] == ([kind] if kind else [])
    assert all(each.what == f"options.{name}" for each in said)


@given(st.dictionaries(st.sampled_from(AgentOptions.__struct_fields__) | st.text(max_size=8), st.text(max_size=20), max_size=6))
def test_any_options_are_heeded_or_said(given_options: dict[str, str]) -> None:
    """Nothing is raised."""
    options, said = read_options(given_options)
    assert isinstance(options, AgentOptions)
    assert {each.what for each in said} <= {f"options.{name}" for name in given_options}
