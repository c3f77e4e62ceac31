"""The schedule, as the agent tells it."""

from hullwatch.model.agent import QueryStatistics
from tests.tables.doubles import KnownSources, ask


def test_each_query_is_a_row_with_what_it_took() -> None:
    """Sums and the last run; memory on average; nothing is divided by zero."""
    ran = QueryStatistics(
        name="pack_fim_file_events", query="select 1", interval_s=300, executions=4, last_executed=1795600000, output_size=12,
        wall_time=2500, last_wall_time=7, user_time=5, last_user_time=1, system_time=3, last_system_time=2, memory=4096, last_memory=0,
    )  # fmt: skip
    answer = ask(
        "select *, blacklisted from osquery_schedule", KnownSources(schedule=(ran, QueryStatistics(name="n", query="", interval_s=1)))
    )
    assert answer.rows == (
        ("pack_fim_file_events", "select 1", 300, 4, 1795600000, 0, 12, 2, 2500, 7, 5, 1, 3, 2, 1024, 0, 0),
        ("n", "", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    )
