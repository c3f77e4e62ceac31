"""Requests made up from the OpenAPI document: whatever is sent, the server does not fail."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from hullwatch.store.users import Role

from .site import Site
from .test_doors import token_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 50, GenerationMode.NEGATIVE: 30}
"""Requests for each operation, as the document wants them and otherwise."""


def operations(site: Site) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Of the server's document."""
    document = httpx.get(f"{site.url}/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=site.url)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def try_out(operation: APIOperation[Any, Any, Any, Any], token: str, mode: GenerationMode) -> bool:
    """Whether there was anything to send; fails where an answer is not as it should be."""

    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        case.call_and_validate(headers={"authorization": f"Bearer {token}"}, checks=CHECKS, timeout=30)

    try:
        send()
    except Unsatisfiable:  # where nothing can be given, nothing can be given wrongly
        return False
    return True


@pytest.mark.parametrize("mode", EXAMPLES)
def test_nothing_that_is_sent_makes_the_server_fail(fleet: Site, mode: GenerationMode) -> None:
    """And what it answers is as the document says."""
    tried = [try_out(operation, token_of(fleet, Role.ADMIN, name="made-up"), mode) for operation in operations(fleet)]
    assert sum(tried) >= 30
