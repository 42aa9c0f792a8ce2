"""A whole medshare in one process for tests: real stores, a clock that stands still, callers."""

import itertools
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from fixtures import programme
from medshare.access import passwords
from medshare.access import service as access
from medshare.access.model import Account, Client, GrantRequest, Role
from medshare.access.store import people as accounts
from medshare.access.tokens import TokenMaker
from medshare.app import Application, build
from medshare.audit.model import EventQuery
from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry
from medshare.kernel.identifiers import FacilityCode, new_key
from medshare.settings import Settings
from tests.contract.document import check_exchange

PASSWORD = "a long test password"
# Real hashes, cheaply made: the server's own take 64 MiB and a tenth of a second each time.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords.NOBODYS_HASH = passwords.hash_password("the password of nobody")
PASSWORD_HASH = passwords.hash_password(PASSWORD)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
REGISTERS = (
    "system/RecognitionCatalogue.r",
    "system/RecognitionCertificate.r",
    "system/RecognitionPolicy.r",
    "system/SensitivityClass.r",
)
SCOPES = ("system/*.cruds", "system/Organization.r", "system/RecognitionReplay.c", *REGISTERS)
LEVELS = {"SZ-A": 3, "SZ-B": 3, "SZ-C": 1}


# Werkzeug parses every rule of every site, and compiles what would write its address; here once.
_compile_rule = Rule.compile
_compiled_rules: dict[object, dict[str, Any]] = {}


def _compile_rule_once(rule: Rule) -> None:
    key = (rule.rule, rule.subdomain, rule.merge_slashes, str(rule.defaults))
    if key not in _compiled_rules:
        _compile_rule(rule)
        made = ("_parts", "_trace", "_converters", "_build", "_build_unknown")
        _compiled_rules[key] = {name: getattr(rule, name) for name in made}
    vars(rule).update(_compiled_rules[key])


Rule.compile = _compile_rule_once  # type: ignore[method-assign]  # in place of werkzeug's


@dataclass
class StandingClock:
    """A clock that moves when told to; its keys are unique and sort by the order of making."""

    instant: datetime = NOW
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def now(self) -> datetime:
        return self.instant

    def new_key(self) -> str:
        return new_key(self.instant, next(self.numbers).to_bytes(10, "big"))

    def advance(self, **step: float) -> None:
        self.instant += timedelta(**step)


@dataclass
class Caller:
    """Somebody who calls the API: a test client and the headers that say who."""

    site: "Site"
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = self.site.application.flask.test_client()

    def acting(self, user: str = "d-007", purpose: str = "TREAT") -> "Caller":
        """Return the same caller with the person and the purpose behind it."""
        caller = Caller(
            self.site, self.headers | {"X-Acting-User": user, "X-Purpose-Of-Use": purpose}
        )
        caller.http = self.http
        return caller

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = self.headers | dict(options.pop("headers", {}))
        answer = self.http.open(
            path, method=method, headers=headers, base_url="https://medshare.test", **options
        )
        check_exchange(self.site.application.flask, options.get("json"), answer)
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, json: object = None, **options: Any) -> TestResponse:
        if json is not None:
            options["json"] = json
        return self.call("POST", path, **options)

    def put(self, path: str, json: object = None, **options: Any) -> TestResponse:
        return self.call("PUT", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.call("DELETE", path, **options)


@dataclass
class Site:
    """A built application over one pair of stores, with facilities SZ-A, SZ-B and SZ-C."""

    settings: Settings
    clock: StandingClock = field(default_factory=StandingClock)
    fresh: bool = True

    def __post_init__(self) -> None:
        self.application: Application = build(self.settings, self.clock)
        self._tokens = TokenMaker(
            self.application.keys, self.settings.effective_base_url, self.settings.token_lifetime_s
        )
        if self.fresh:
            self._fill()

    def _fill(self) -> None:
        def fill(uow: UnitOfWork) -> None:
            for number, (code, level) in enumerate(LEVELS.items(), start=1):
                facilities.add(uow, a_facility(code, number, level))
                access.add_client(
                    uow,
                    self.application.keys,
                    Client(f"his-{code}", code, FacilityCode(code), SCOPES),
                )
            programme.enact(uow, ["SZ-A"], timedelta(0))

        self.write(fill)

    def close(self) -> None:
        self.application.stop_quietly()

    def write(self, work: Callable[[UnitOfWork], Any]) -> Any:
        """Run a service directly in a unit of work of its own."""
        house = self.application.house
        with house.database.write() as session:
            return work(UnitOfWork(session, house.clock))

    def read(self, work: Callable[[UnitOfWork], Any]) -> Any:
        """Run a reading service directly."""
        house = self.application.house
        with house.database.read() as session:
            return work(UnitOfWork(session, house.clock))

    def deliver(self) -> None:
        """Deliver what waits in the outbox, until nothing is left."""
        while self.application.outbox.deliver_due():
            pass

    def anonymous(self) -> Caller:
        return Caller(self)

    def facility_client(self, code: str = "SZ-A", scope: str = "") -> Caller:
        """Return a facility's own system with a valid token."""

        def token(uow: UnitOfWork) -> str:
            client = access.find_client(uow, f"his-{code}")
            assert client is not None
            return access.issue_token(uow, self._tokens, client, GrantRequest(scope))[0]

        return Caller(self, {"Authorization": f"Bearer {self.read(token)}"})

    def person(
        self, role: Role, facility: str | None = None, username: str | None = None
    ) -> Caller:
        """Return a person of a role who has logged in."""
        name = username or f"{role}-{facility or 'city'}"
        account = Account(
            self.clock.new_key(),
            name,
            f"Test {role}",
            frozenset({role}),
            FacilityCode(facility) if facility else None,
        )
        self.write(lambda uow: accounts.add_account(uow.session, account, PASSWORD_HASH, uow.now()))
        caller = Caller(self)
        answer = caller.post("/api/v1/session", {"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        caller.headers["X-CSRF-Token"] = answer.get_json()["csrfToken"]
        return caller

    def auditor(self) -> Caller:
        return self.person(Role.AUDITOR)

    def administrator(self) -> Caller:
        return self.person(Role.ADMINISTRATOR)

    def entries(self, **restrictions: Any) -> list[AuditEntry]:
        """Return the trail, oldest first."""
        return list(self.application.trail.entries(EventQuery(**restrictions)))

    def last_entry(self) -> AuditEntry:
        return self.entries()[-1]


def copy_stores(template: Path, directory: Path) -> Settings:
    """Copy embedded stores and their keys; return the settings of a medshare on the copy."""
    shutil.copytree(template, directory, dirs_exist_ok=True)
    return Settings(data_dir=directory, low_water_bytes=0)


def a_facility(code: str, number: int, level: int = 3) -> Facility:
    return Facility(
        code=FacilityCode(code),
        name_zh=f"测试医院{number}",
        name_en=f"Test Hospital {number}",
        level=level,
        oid=f"2.999.{number}",
        patient_identifier_system=f"urn:oid:2.999.{number}.1",
        ae_titles=(f"{code}_AE",),
        scopes=("CN-GD-SZ",),
    )


def problem_of(answer: TestResponse) -> Mapping[str, Any]:
    """Return the problem document of a refusal, checked for its form."""
    assert answer.content_type == "application/problem+json", answer.content_type
    document = answer.get_json(force=True)
    assert document["status"] == answer.status_code
    return document


def issues_of(answer: TestResponse) -> list[tuple[str, str]]:
    """Return what a refusal points at, and the code of each."""
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["code"]) for each in problem_of(answer)["errors"]]
