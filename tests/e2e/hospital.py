"""A hospital's system and an auditor at a served medshare; they remember what they asked."""

import json
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.served import Served

PASSWORD = "a long test password"


@dataclass
class Party:
    """Somebody who talks to the server over HTTP."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)
    request_ids: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, *, status: int, **options: Any) -> requests.Response:
        headers = self.headers | options.pop("headers", {})
        answer = requests.request(method, self.base + path, headers=headers, timeout=30, **options)
        self.request_ids.append(answer.headers["X-Request-Id"])
        assert answer.status_code == status, (path, answer.text)
        return answer

    def get(self, path: str, status: int = 200, **options: Any) -> requests.Response:
        return self.call("GET", path, status=status, **options)

    def post(self, path: str, document: object, status: int = 201) -> dict[str, Any]:
        return dict(self.call("POST", path, status=status, json=document).json())


def open_hospital(served: Served, code: str, number: int) -> Party:
    """Let a hospital join and get it a token for a person who treats."""
    facility = {
        "code": code,
        "name": {"zh": f"测试医院{number}", "en": f"Test Hospital {number}"},
        "level": 3,
        "oid": f"2.999.{number}",
        "patientIdentifierSystem": f"urn:oid:2.999.{number}.1",
    }
    served.command("facility", "add", "-", text=json.dumps(facility))
    secret = served.command("client", "add", f"his-{code}", "--facility", code)
    hospital = Party(served.base)
    answer = hospital.call(
        "POST",
        "/oauth/token",
        status=200,
        data={
            "grant_type": "client_credentials",
            "acting_user": f"doctor-{code}",
            "purpose_of_use": "TREAT",
        },
        auth=(f"his-{code}", secret),
    )
    hospital.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return hospital


def open_auditor(served: Served) -> Party:
    """Open an auditor's account and log them in."""
    served.command(
        "account", "add", "auditor", "--name", "Auditor", "--role", "auditor", text=PASSWORD
    )
    auditor = Party(served.base)
    answer = auditor.call(
        "POST",
        "/api/v1/session",
        status=200,
        json={"username": "auditor", "password": PASSWORD},
    )
    # The cookie is Secure: the client would keep it from plain http.
    auditor.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
    return auditor
