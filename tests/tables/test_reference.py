"""The reference page."""

import pytest

from hullwatch.tables.catalogue import TABLES
from hullwatch.tables.columns import columns_of
from hullwatch.tables.engine import Answer, name_of
from hullwatch.tables.reference import document
from tests.tables.doubles import KnownInventories, KnownSources, ask
from tests.tables.test_packages import inventory


def test_every_table_and_column_is_in_the_reference() -> None:
    """With its type."""
    page = document()
    for table in TABLES:
        assert f"\n## {name_of(table)}\n" in page
        section = page.partition(f"\n## {name_of(table)}\n")[2].partition("\n## ")[0]
        assert all(f"`{column.name}`" in section and column.declared in section for column in columns_of(table.Row))


@pytest.mark.parametrize("example", [example for table in TABLES for example in table.examples])
def test_every_example_is_a_statement(example: str) -> None:
    """It runs, if over nothing."""
    nothing = KnownInventories({name: inventory(name) for name in ("host", "docker:nginx:1.25", "docker:web:2")})
    assert isinstance(ask(example, KnownSources(inventories=nothing)), Answer)


def test_every_column_is_described() -> None:
    """In words, without a full stop."""
    for table in TABLES:
        for column in columns_of(table.Row):
            assert column.description
            assert not column.description.endswith(".")
