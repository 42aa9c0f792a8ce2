"""What an operator sees of each request."""

import structlog

from tests.site import Site

NAME = "王小明"


def test_each_request_is_one_line_without_data_and_is_counted(site: Site) -> None:
    client = site.facility_client().acting()
    with structlog.testing.capture_logs() as lines:
        client.get("/api/v1/facilities?limit=2", headers={"X-Request-Id": "request-0001"})
        client.get(f"/nowhere?{NAME}")

    requests = [each for each in lines if each["event"] == "request"]
    assert [each["operation"] for each in requests] == ["facilities.list", "http.unmatched"]
    assert requests[0]["request_id"] == "request-0001"
    assert requests[0]["status"] == 200
    assert requests[0]["duration_ms"] >= 0
    assert NAME not in str(lines)
    counters = site.anonymous().get("/metrics").text
    assert 'medshare_requests_total{operation="facilities.list",status="200"}' in counters
