"""What is told of a judgement: the facility's reasons, and the whole of it for a registrar."""

from collections.abc import Iterator, Mapping

from medshare.patients.matching.decide import Judgement, PairEvidence, PersonEvidence
from medshare.patients.matching.levels import Field, Level
from medshare.patients.matching.weights import Weights
from medshare.patients.model import Decision, Outcome, Reason

PERSONS_MAX = 10
_AGREEING = {
    Field.NUMBERS: ({Level.SAME}, Reason.AGREEING_PERSONAL_NUMBER),
    Field.BORN: ({Level.SAME}, Reason.AGREEING_BIRTH_DATE),
    Field.PHONE: ({Level.SAME}, Reason.AGREEING_PHONE),
    Field.ADDRESS: ({Level.SAME, Level.AREA}, Reason.AGREEING_ADDRESS),
}


def decision_of(weights: Weights, judgement: Judgement) -> Decision:
    """Return a judgement as the facility is told it."""
    made_by = f"matching/{weights.version}"
    if judgement.is_unidentified:
        return Decision(Outcome.NEW, (Reason.UNIDENTIFIED,), None, made_by)
    if judgement.joins is not None:
        reasons = tuple(_reasons(judgement.joins))
        return Decision(Outcome.LINKED, reasons, judgement.joins.patient_id, made_by)
    if judgement.reviews:
        return Decision(Outcome.REVIEW, (Reason.POSSIBLE_SAME_PERSON,), None, made_by)
    return Decision(Outcome.NEW, (Reason.NO_AGREEING_PERSON,), None, made_by)


def agreeing(pair: PairEvidence) -> tuple[Reason, ...]:
    """Return what of the facility's own statements agrees, besides name and identity number."""
    return tuple(
        reason for field, (enough, reason) in _AGREEING.items() if pair.levels.get(field) in enough
    )


def _reasons(person: PersonEvidence) -> Iterator[Reason]:
    if person.best.levels.get(Field.NUMBER) is Level.SAME:
        yield Reason.IDENTITY_NUMBER_AND_NAME
    else:
        yield Reason.NAME_AND_MORE
        yield from agreeing(person.best)
    if person.is_of_facility:
        yield Reason.POSSIBLE_DUPLICATE


def evidence_of(weights: Weights, judgement: Judgement) -> dict[str, object]:
    """Return all that was weighed, as JSON: the best persons first.

    Of a scheme by which nobody was weighed nothing is told: most records meet nobody.
    """
    used = {each.best.scheme for each in judgement.persons}
    return {
        "weightsVersion": weights.version,
        "population": weights.population,
        "schemes": {
            scheme: {"priors": dict(each.priors), "thresholds": dict(each.thresholds)}
            for scheme, each in weights.schemes.items()
            if scheme in used
        },
        "unidentified": judgement.is_unidentified,
        "unites": [each.patient_id for each in judgement.unites],
        "persons": [person_evidence(each) for each in judgement.persons[:PERSONS_MAX]],
    }


def person_evidence(person: PersonEvidence) -> dict[str, object]:
    """Return what was weighed of one person, as JSON; weights and score are in bits."""
    return {
        "patientId": person.patient_id,
        "recordId": person.best.record_id,
        "grade": person.grade,
        "score": round(person.best.odds, 2),
        "scheme": person.best.scheme,
        "levels": _levels(person.best),
        "doubts": list(person.doubts),
        "vetoes": list(person.vetoes),
    }


def _levels(pair: PairEvidence) -> Mapping[str, object]:
    return {
        field: {"level": level, "bits": round(pair.parts[field], 2) if field in pair.parts else 0}
        for field, level in pair.levels.items()
    }
