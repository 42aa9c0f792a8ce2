"""What every request and answer has in common."""

from typing import Any

import pytest

from tests.site import Caller, Site, problem_of

FACILITY = {
    "code": "SZ-X",
    "name": {"zh": "测试医院", "en": "Test Hospital"},
    "level": 3,
    "oid": "2.999.99",
    "patientIdentifierSystem": "urn:oid:2.999.99.1",
}


@pytest.fixture
def administrator(site: Site) -> Caller:
    return site.administrator()


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["type"].removeprefix("urn:medshare:problem:")


def test_a_request_id_is_taken_over_when_it_is_harmless(site: Site) -> None:
    for offered, taken in (
        ("abc.DEF_123-x", True),
        ("short", False),
        ("x" * 65, False),
        ("<script>alert(1)", False),
        ("", False),
    ):
        answer = site.anonymous().get("/health/live", headers={"X-Request-Id": offered})
        assert (answer.headers["X-Request-Id"] == offered) is taken
        assert answer.headers["X-Request-Id"]


def test_a_problem_tells_the_number_of_its_request(site: Site) -> None:
    answer = site.anonymous().get("/nowhere", headers={"X-Request-Id": "request-0007"})
    assert problem_of(answer)["request_id"] == "request-0007"


def test_every_answer_forbids_sniffing_storing_and_referring(site: Site) -> None:
    for path in ("/health/live", "/api/v1/facilities", "/nowhere"):
        headers = site.anonymous().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


LANGUAGES = [
    ("zh-CN", "zh-CN"),
    ("zh", "zh-CN"),
    ("zh-Hans-CN, en;q=0.5", "zh-CN"),
    ("en-GB, zh;q=0.5", "en"),
    ("fr", "en"),
    ("", "en"),
    ("*", "en"),
    (",;;q=x", "en"),
]


def test_a_problem_speaks_the_callers_language(site: Site) -> None:
    for accepted, language in LANGUAGES:
        answer = site.anonymous().get("/nowhere", headers={"Accept-Language": accepted})
        document = problem_of(answer)
        assert answer.headers["Content-Language"] == language, accepted
        expected = "未找到" if language == "zh-CN" else "Nothing was found"
        assert (document["title"], document["detail"]) == (expected, expected)


def test_the_issues_of_a_body_speak_it_too(administrator: Caller) -> None:
    answer = administrator.post(
        "/api/v1/facilities", FACILITY | {"level": 9}, headers={"Accept-Language": "zh"}
    )
    assert answer.status_code == 422
    assert problem_of(answer)["errors"] == [
        {"pointer": "/level", "code": "out-of-range", "detail": "数值超出范围。"}
    ]


BODIES = [
    (b"{", "application/json", (400, "broken-json")),
    (b"", "application/json", (400, "broken-json")),
    (b"\xff\xfe", "application/json", (400, "broken-json")),
    (b'{"a": NaN}', "application/json", (400, "broken-json")),
    (b'{"a": "\\ud800"}', "application/json", (400, "broken-json")),
    (b"[" * 100_000, "application/json", (400, "broken-json")),
    (b"[]", "application/json", (422, "invalid")),
    (b"null", "application/json", (422, "invalid")),
    (b"5", "application/json", (422, "invalid")),
    (b"{}", "text/plain", (415, "unsupported-media-type")),
    (b"{}", "", (415, "unsupported-media-type")),
    (b"{}", "multipart/form-data", (415, "unsupported-media-type")),
    (b" " * ((1 << 20) + 1), "application/json", (413, "too-large")),
]


def test_a_body_that_is_no_json_object_is_refused(administrator: Caller) -> None:
    for body, content_type, refusal in BODIES:
        answer = administrator.post("/api/v1/facilities", data=body, content_type=content_type)
        assert refusal_of(answer) == refusal, body[:20]


def test_a_body_that_ends_before_its_announced_length_is_refused(administrator: Caller) -> None:
    answer = administrator.post(
        "/api/v1/facilities",
        data=b'{"code": "SZ-X"}',
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "4000"},
    )
    assert refusal_of(answer) == (400, "truncated-upload")
    assert administrator.site.last_entry().outcome == "malformed"


def test_an_announced_length_beyond_the_limit_is_refused_unread(administrator: Caller) -> None:
    answer = administrator.post(
        "/api/v1/facilities",
        data=b"{}",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(1 << 40)},
    )
    assert refusal_of(answer) == (413, "too-large")


def test_an_unknown_field_is_named(administrator: Caller) -> None:
    answer = administrator.post("/api/v1/facilities", FACILITY | {"beds": 900})
    assert [each["code"] for each in problem_of(answer)["errors"]] == ["unknown-field"]
    assert problem_of(answer)["errors"][0]["pointer"] == "/beds"


QUERIES = [
    ("limit=1&limit=2", "/limit", "repeated-parameter"),
    ("limit=201", "/limit", "out-of-range"),
    ("limit=ten", "/limit", "integer"),
    ("cursor=%00", "/cursor", "control-character"),
    ("cursor=" + "x" * 401, "/cursor", "too-long"),
    ("cursor=x", "/cursor", "cursor"),
    ("Limit=5", "/Limit", "unknown-field"),
]


def test_a_query_that_does_not_fit_is_named(site: Site) -> None:
    client = site.facility_client()
    for query, pointer, code in QUERIES:
        answer = client.get(f"/api/v1/facilities?{query}")
        assert answer.status_code == 422, query
        (issue,) = problem_of(answer)["errors"]
        assert (issue["pointer"], issue["code"]) == (pointer, code), query


def test_a_resource_without_the_method_says_which_it_has(site: Site) -> None:
    answer = site.facility_client().delete("/api/v1/facilities")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_probes_answer_whatever_credentials_come_along(site: Site) -> None:
    headers = {"Authorization": "Bearer garbage", "Cookie": "__Host-medshare-session=gone"}
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert site.anonymous().get(path, headers=headers).status_code == 200
    assert site.entries() == []
