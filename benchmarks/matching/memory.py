"""The same rules over the same keys without a database: for tuning, which needs many rounds."""

import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date

from benchmarks.matching.truth import Outcome, Stated, system_of
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.checks import faults_of
from medshare.patients.matching.decide import Candidate, Judgement, Subject, judge
from medshare.patients.matching.keys import keys_of, phone_key
from medshare.patients.matching.profile import Profile, profile_of
from medshare.patients.matching.store import CANDIDATES_MAX, PER_KEY_MAX
from medshare.patients.matching.weights import shipped

TODAY = date(2026, 11, 26)


class MemoryRegistry:
    """Registers as ``registry.Registry`` does; a test run of both gives the same partition."""

    def __init__(self) -> None:
        self._met: dict[int, list[RecordId]] = defaultdict(list)
        self._person_of: dict[RecordId, PatientId] = {}
        self._members: dict[PatientId, list[Candidate]] = defaultdict(list)
        self._placed: list[tuple[Stated, RecordId, tuple[PatientId, ...]]] = []
        self._retired: dict[PatientId, PatientId] = {}
        self.register_s: list[float] = []
        self.refused = 0

    def register(self, stated: Stated) -> None:
        """Register a record, and note how long deciding took."""
        registration = stated.registration.normalised
        if faults_of(registration, system_of(stated.facility), TODAY):
            self.refused += 1
            return
        started = time.perf_counter()
        profile = profile_of(registration)
        judgement = self._judged(stated, profile)
        self.register_s.append(time.perf_counter() - started)
        self._place(stated, profile, judgement)

    def _judged(self, stated: Stated, profile: Profile) -> Judgement:
        keys = keys_of(profile)
        worn_out = {key for key in keys if len(self._met[key]) >= PER_KEY_MAX}
        hits = Counter(each for key in keys - worn_out for each in self._met[key])
        met = [self._person_of[each] for each, _ in hits.most_common(CANDIDATES_MAX)]
        candidates = [each for person in dict.fromkeys(met) for each in self._members[person]]
        asked = replace(profile, phone="") if phone_key(profile) in worn_out else profile
        return judge(shipped(), Subject(stated.facility_code, asked), candidates)

    def _place(self, stated: Stated, profile: Profile, judgement: Judgement) -> None:
        record_id = RecordId(f"{len(self._placed):08d}")
        joins = judgement.joins
        patient_id = joins.patient_id if joins else PatientId(record_id)
        self._person_of[record_id] = patient_id
        for person in judgement.unites:
            self._move(person.patient_id, patient_id)
        candidate = Candidate(record_id, patient_id, stated.facility_code, profile)
        self._members[patient_id].append(candidate)
        for key in keys_of(profile):
            self._met[key].append(record_id)
        reviews = tuple(each.patient_id for each in judgement.reviews)
        self._placed.append((stated, record_id, reviews))

    def _move(self, retired: PatientId, survivor: PatientId) -> None:
        self._retired[retired] = survivor
        for each in self._members.pop(retired):
            self._person_of[each.record_id] = survivor
            self._members[survivor].append(replace(each, patient_id=survivor))

    def outcomes(self) -> list[Outcome]:
        """Return where every record came to and which reviews were opened for it."""
        return [
            Outcome(stated, self._person_of[record_id], tuple(map(self._current, reviews)))
            for stated, record_id, reviews in self._placed
        ]

    def _current(self, patient_id: PatientId) -> PatientId:
        while patient_id in self._retired:
            patient_id = self._retired[patient_id]
        return patient_id
