"""Use cases of anomalies: follow the digest, list, acknowledge."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from medshare.audit.anomalies import store
from medshare.audit.anomalies.model import (
    Acknowledgement,
    Anomaly,
    AnomalyAcknowledgedError,
    AnomalyUnknownError,
    Limits,
    Rule,
    Scene,
    findings_of,
    read_limits,
)
from medshare.audit.digest.model import Access
from medshare.audit.digest.store import accesses_from, advance, followed_to
from medshare.infra.db import Database
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import MedshareError
from medshare.kernel.identifiers import PatientId, new_key
from medshare.kernel.ports import Clock

NAME = "anomalies"
BATCH = 500


class BadLimitsError(MedshareError):
    """The file of limits cannot be used."""

    slug = "bad-audit-limits"
    title = "The limits of anomalies cannot be read; copy medshare/audit/anomalies/limits.json"
    title_zh = "异常规则参数无法读取，请参照 medshare/audit/anomalies/limits.json"


def load_limits(file: Path | None, zone: ZoneInfo) -> Limits:
    """Load the limits of a file, or those that are shipped.

    Raises
    ------
    BadLimitsError
        The file cannot be read, or does not hold limits.
    """
    try:
        shipped = files("medshare.audit.anomalies") / "limits.json"
        text = (file or shipped).read_text(encoding="utf-8")
        return read_limits(json.loads(text), zone)
    except (OSError, ValueError):
        raise BadLimitsError from None


class Detector:
    """Follows the digest and keeps what the rules find.

    Parameters
    ----------
    index
        Where anomalies are kept, and how far the digest was followed.
    digest
        The ledger that holds the digest.
    """

    def __init__(self, index: Database, digest: Database, clock: Clock, limits: Limits) -> None:
        self._index = index
        self._digest = digest
        self._clock = clock
        self.limits = limits

    def catch_up(self) -> None:
        """Judge every entry that the digest has taken by now."""
        while self._take():
            pass

    def _take(self) -> bool:
        """Judge one batch; return whether there may be more."""
        with self._index.read() as session:
            old = followed_to(session, NAME)
        with self._digest.read() as session:
            accesses = accesses_from(session, old, BATCH)
            met = store.persons_met(session, accesses) if accesses else {}
            registrations = self._registrations(session, accesses)
        if not accesses:
            return False
        found = [
            (self._clock.new_key(), finding)
            for scene in _scenes(accesses, met, registrations)
            for finding in findings_of(scene, self.limits)
        ]
        with self._index.write() as session:
            if not advance(session, NAME, old=old, new=accesses[-1].position + 1):
                return False
            store.add(session, found)
        return True

    def _registrations(self, session: Session, accesses: Sequence[Access]) -> list[Access]:
        patients = {each.patient_id for each in accesses if each.foreign and each.patient_id}
        if not patients:
            return []
        since = min(each.recorded_at for each in accesses) - self.limits.registration
        return store.registrations(session, patients, new_key(since, bytes(10)))


def _scenes(
    accesses: Sequence[Access],
    met: dict[tuple[datetime, str, str], int],
    registrations: Sequence[Access],
) -> Iterator[Scene]:
    for _position, rows in groupby(accesses, key=lambda each: each.position):
        entry = list(rows)
        first = entry[0]
        before: dict[PatientId, Access] = {
            each.patient_id: each
            for each in registrations
            if each.patient_id
            and each.facility == first.facility
            and each.recorded_at <= first.recorded_at
        }
        yield Scene(entry, met.get((first.hour, first.facility or "", first.actor), 0), before)


def page(
    uow: UnitOfWork, *, rule: Rule | None, acknowledged: bool, cursor: str | None, limit: int
) -> Page[Anomaly]:
    """List anomalies, oldest first: those that wait for somebody to look, or the others."""
    keys = read_cursor(cursor, 1)
    found = store.page(
        uow.session,
        rule=rule,
        acknowledged=acknowledged,
        after=keys[0] if keys else "",
        limit=limit + 1,
    )
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def acknowledge(uow: UnitOfWork, anomaly_id: str, said: Acknowledgement) -> Anomaly:
    """Take down what somebody who looked found, once.

    Raises
    ------
    AnomalyUnknownError, AnomalyAcknowledgedError
        There is none, or somebody has looked before.
    """
    anomaly = store.find_to_change(uow.session, anomaly_id)
    if anomaly is None:
        raise AnomalyUnknownError
    if anomaly.acknowledgement is not None:
        raise AnomalyAcknowledgedError
    store.acknowledge(uow.session, anomaly_id, said)
    return replace(anomaly, acknowledgement=said)
