"""The world that the matrix asks about: two persons at three hospitals, one of whom opted out."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from medshare.access.authenticator import COOKIE
from medshare.access.model import Role
from tests.access_matrix.persons import Subject, made, make_common, make_person, simulation
from tests.contract.document import check_exchange, written_contract
from tests.site import Caller, Site, copy_stores

PEOPLE = {
    "doctor": (Role.CLINICIAN, "SZ-B"),
    "desk": (Role.REGISTRAR, None),
    "quality": (Role.QUALITY_OFFICER, None),
    "audit": (Role.AUDITOR, None),
    "admin": (Role.ADMINISTRATOR, None),
}
SYSTEMS = {
    "own": ("SZ-A", "TREAT"),
    "care": ("SZ-B", "TREAT"),
    "other": ("SZ-C", "TREAT"),
    "shut": ("SZ-B", "TREAT"),
    "glass": ("SZ-B", "BTG"),
}
ABOUT_THE_SHUT = ("shut", "glass")


@dataclass(frozen=True)
class Ask:
    """What a request needs besides its method and its address.

    ``ids`` stand in the address in place of the person's own. ``shows`` is in a ``yes`` answer
    and in no other: what makes a filtered list of somebody an answer about the person.
    """

    json: object = None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    shows: str = ""


@dataclass(frozen=True)
class Actor:
    """Who asks, in the name of which facility, about whom."""

    headers: Mapping[str, str]
    facility: str
    about: Subject


AskMaker = Callable[[Actor], Ask]


class World:
    """A site where everything stands that the rows ask for."""

    def __init__(self, site: Site) -> None:
        self.site = site
        common = make_common(site)
        open_, shut = make_person(site, 1, common), make_person(site, 2, common, opts_out=True)
        self.actors = {
            **self._systems(open_, shut),
            **self._people(open_),
            "none": Actor({}, "SZ-A", open_),
        }
        self._claim(open_)
        job_id = self._hand_in(open_)
        site.deliver()
        site.application.sequencer.seal_all()
        for each in (open_, shut):
            each.ids.update(entry_id=site.entries()[0].id, job_id=job_id)
        self._file = sqlite3.connect(site.settings.data_dir / "index.db")
        self._file.execute("PRAGMA synchronous = OFF")
        self._kept = sqlite3.connect(":memory:")
        self._file.backup(self._kept)
        self._addresses = {
            each["operationId"]: (method, path)
            for path, method, each in written_contract().operations()
        }

    def _systems(self, open_: Subject, shut: Subject) -> dict[str, Actor]:
        return {
            name: Actor(
                self.site.facility_client(facility).acting("d-9", purpose).headers,
                facility,
                shut if name in ABOUT_THE_SHUT else open_,
            )
            for name, (facility, purpose) in SYSTEMS.items()
        }

    def _people(self, open_: Subject) -> dict[str, Actor]:
        return {
            name: Actor(_with_cookie(self.site.person(role, facility)), facility or "SZ-A", open_)
            for name, (role, facility) in PEOPLE.items()
        }

    def _claim(self, about: Subject) -> None:
        """Let people take up what they are to decide."""
        for name, address in (
            ("desk", f"/api/v1/patients/reviews/{about.ids['review_id']}/claim"),
            ("quality", f"/api/v1/recognition/defects/{about.ids['case_id']}/claim"),
        ):
            answer = self._open(address, "POST", self.actors[name].headers)
            assert answer.status_code == 200, answer.text

    def _hand_in(self, about: Subject) -> str:
        """Let the quality officer hand in what takes long; return the job's id."""
        address, officer = "/api/v1/recognition/simulations", self.actors["quality"]
        taken = self._open(address, "POST", officer.headers, json=simulation(about))
        return str(made(taken, 202)["id"])

    def lose_the_trail(self) -> None:
        """Let neither ledger take another entry, as if its file were gone."""
        for name in ("index.db", "audit.db"):
            with closing(sqlite3.connect(self.site.settings.data_dir / name)) as ledger:
                ledger.execute("ALTER TABLE audit_entries RENAME TO audit_elsewhere")

    def changes(self) -> int:
        """Return a number that moves with each commit of the server to its index."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._file.close()
        self._kept.close()
        self.site.close()

    def asked(self, operation: str, actor: Actor, ask: Ask) -> TestResponse:
        """Do an operation as somebody."""
        method, path = self._addresses[operation]
        address = path.format_map({**actor.about.ids, **ask.ids})
        body = ask.body if ask.json is None else {"json": ask.json}
        headers = {**actor.headers, **ask.headers}
        answer = self._open(address, method, headers, query_string=ask.query, **body)
        check_exchange(self.site.application.flask, ask.json, answer)
        return answer

    def put_back(self) -> None:
        """Undo what operations have changed of the index."""
        self._kept.backup(self._file)

    def _open(
        self, address: str, method: str, headers: Mapping[str, str], **options: Any
    ) -> TestResponse:
        client = self.site.application.flask.test_client(use_cookies=False)
        base = "https://medshare.test"
        return client.open(address, method=method, base_url=base, headers=headers, **options)


def _with_cookie(caller: Caller) -> dict[str, str]:
    cookie = caller.http.get_cookie(COOKIE, "medshare.test")
    assert cookie is not None
    return caller.headers | {"Cookie": f"{COOKIE}={cookie.value}"}


def build_world(template: Path, directory: Path) -> World:
    """Build the world on copies of migrated embedded stores, which are put back in no time."""
    return World(Site(replace(copy_stores(template, directory), two_person_merge=True)))
