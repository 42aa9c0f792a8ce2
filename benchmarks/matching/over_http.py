"""Registering over HTTP as any hospital would, and reading back where every record lies."""

import base64
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmarks.matching.truth import Outcome, Stated, system_of
from medshare.kernel.identifiers import FacilityCode

PATIENTS = "/api/v1/patients"
TOKEN_FOR_S = 200
PAGE = 100
TAKEN = (200, 201)
TIMEOUT_S = 60


class RefusedError(Exception):
    """A call that was not answered as it should be."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client of a facility."""

    id: str
    secret: str


def body_of(stated: Stated) -> dict[str, object]:
    """Return a record as ``POST /api/v1/patients`` takes it."""
    said, name = stated.registration, stated.registration.name
    forms = {
        "text": name.text,
        "family": name.family,
        "given": name.given,
        "alphabetic": name.alphabetic,
    }
    optional = {
        "birthDate": said.birth_date and said.birth_date.isoformat(),
        "phone": said.phone,
        "address": said.address,
    }
    return {
        "identifiers": [
            {"system": each.system, "value": each.value, "type": each.type}
            for each in said.identifiers
        ],
        "name": {key: value for key, value in forms.items() if value},
        "sex": said.sex,
        **{key: value for key, value in optional.items() if value},
    }


class HttpRegistry:
    """Registers over one connection; ``register_s`` are seconds, ``refused`` counts records."""

    def __init__(
        self, url: str, clients: Mapping[FacilityCode, Credentials], registrar: Credentials
    ) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else None
        self._http = (kind or http.client.HTTPConnection)(parts.netloc, timeout=TIMEOUT_S)
        self._clients, self._registrar = clients, registrar
        self._tokens: dict[FacilityCode, tuple[str, float]] = {}
        self._placed: list[tuple[Stated, str]] = []
        self.register_s: list[float] = []
        self.refused = 0

    def register(self, stated: Stated) -> None:
        """Register a record, and note how long the answer took."""
        headers, body = self._headers(stated.facility_code), json.dumps(body_of(stated))
        started = time.perf_counter()
        status, answer = self._ask("POST", PATIENTS, headers, body)
        took = time.perf_counter() - started
        if status not in TAKEN:
            self.refused += 1
            return
        self.register_s.append(took)
        self._placed.append((stated, answer["recordId"]))

    def outcomes(self) -> list[Outcome]:
        """Read back where every record lies, and which reviews a registrar has for it."""
        session = self._logged_in()
        reviews: dict[str, list[str]] = {}
        current: dict[str, str] = {}
        for each in self._reviews(session):
            patient = each["patientId"]
            current[patient] = current.get(patient) or self._current(session, patient)
            reviews.setdefault(each["recordId"], []).append(current[patient])
        return [
            Outcome(
                stated,
                self._patient(stated),
                tuple(dict.fromkeys(reviews.get(record_id, ()))),
            )
            for stated, record_id in self._placed
        ]

    def _patient(self, stated: Stated) -> str:
        wanted = {"system": system_of(stated.facility), "value": stated.mrn}
        headers = self._headers(stated.facility_code)
        status, answer = self._ask(
            "POST", f"{PATIENTS}/search", headers, json.dumps({"identifier": wanted})
        )
        if status not in TAKEN or len(answer["items"]) != 1:
            raise RefusedError(f"search: {status}")
        return str(answer["items"][0]["patientId"])

    def _logged_in(self) -> dict[str, str]:
        said = {"username": self._registrar.id, "password": self._registrar.secret}
        headers = {"Content-Type": "application/json"}
        self._http.request("POST", "/api/v1/session", json.dumps(said), headers)
        response = self._http.getresponse()
        response.read()
        if response.status not in TAKEN:
            raise RefusedError(f"session: {response.status}")
        cookies = response.headers.get_all("Set-Cookie") or ()
        return {"Cookie": "; ".join(each.partition(";")[0] for each in cookies)}

    def _current(self, session: Mapping[str, str], patient: str) -> str:
        """Return the id that replaced one, where it is retired."""
        _, answer = self._ask("GET", f"{PATIENTS}/{patient}", session, None)
        return str(answer.get("replacedBy", patient))

    def _reviews(self, session: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            path = f"{PATIENTS}/reviews?state=open&limit={PAGE}{cursor}"
            status, answer = self._ask("GET", path, session, None)
            if status not in TAKEN:
                raise RefusedError(f"reviews: {status}")
            found += answer["items"]
            if "next" not in answer:
                return found
            cursor = f"&cursor={answer['next']}"

    def _headers(self, facility: FacilityCode) -> dict[str, str]:
        token, until = self._tokens.get(facility, ("", 0.0))
        if time.monotonic() > until:
            client = self._clients[facility]
            pair = base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()
            status, answer = self._ask(
                "POST",
                "/oauth/token",
                {
                    "Authorization": f"Basic {pair}",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                "grant_type=client_credentials",
            )
            if status not in TAKEN:
                raise RefusedError(f"token: {status}")
            token = answer["access_token"]
            self._tokens[facility] = token, time.monotonic() + TOKEN_FOR_S
        return {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Acting-User": "evaluator",
            "X-Purpose-Of-Use": "TREAT",
        }

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, dict[str, Any]]:
        self._http.request(method, path, body, dict(headers))
        response = self._http.getresponse()
        return response.status, json.loads(response.read() or b"{}")
