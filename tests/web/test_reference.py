"""The reference page of the API."""

from hullwatch.web.reference import document

from .test_doors import all_routes


def test_every_route_of_ours_is_on_the_page() -> None:
    """With the role that it needs."""
    rows = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in document().splitlines() if line.startswith("| `")}
    wanted = {
        f"`{method} {path}`" for method, path in all_routes() if path.startswith("/api/v1") or path in ("/metrics", "/healthz", "/readyz")
    }
    assert set(rows) == wanted
    assert rows["`POST /api/v1/runs`"] == "operator"
    assert rows["`DELETE /api/v1/users/{user}`"] == "admin"
    assert rows["`GET /metrics`"] == "viewer"
    assert {row for row, role in rows.items() if role == "–"} == {"`GET /healthz`", "`GET /readyz`", "`POST /api/v1/sessions`"}
