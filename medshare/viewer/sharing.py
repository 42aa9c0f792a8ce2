"""A person's words on sharing, as the own hospital took them down, on the patient's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medshare.care.consents import service as consents
from medshare.care.consents.model import Consent, Provision
from medshare.care.sensitivity import service as sensitivity
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditObject, Subject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.permission import Permission
from medshare.viewer.timeline import Named

ADDRESSES = {Provision.DENY: "/api/v1/opt-outs", Provision.PERMIT: "/api/v1/opt-ins"}
OBJECTS = {Provision.DENY: "opt-out", Provision.PERMIT: "opt-in"}


@dataclass(frozen=True, slots=True)
class Sharing:
    """What was said on sharing, oldest first, and by which classes of results it may be said.

    To those who may not know of which class results are, ``classes`` is empty.
    """

    words: Sequence[Consent]
    classes: Mapping[str, Named]
    may_record: bool

    @property
    def standing(self) -> int:
        """Return how many words count still."""
        return sum(each.withdrawn_at is None for each in self.words)


def sharing_of(context: Context, uow: UnitOfWork, patient_id: PatientId) -> Sharing | None:
    """Return what the own hospital took down of a person, ``None`` to those who may not know.

    What other hospitals took down stays unknown (``consents.service.of_person``). A registrar is
    told that there is a word, and not of which class of results: a class tells what was examined.
    """
    facility, granted = context.principal.facility, context.principal.permissions
    if facility is None or granted.isdisjoint({Permission.CONSENT_READ, Permission.LINK_READ}):
        return None
    words = [
        each
        for provision in Provision
        for each in consents.of_person(uow, provision, facility, patient_id)
    ]
    classes = {
        each.code: Named(each.name_zh, each.name_en)
        for each in sensitivity.all_classes(uow)
        if Permission.CONSENT_READ in granted
    }
    return Sharing(words, classes, Permission.CONSENT_WRITE in granted)


def say_words(context: Context, sharing: Sharing | None) -> None:
    """Tell the trail which words on sharing are shown, and whose they are."""
    words = sharing.words if sharing else ()
    context.touched(*(AuditObject(OBJECTS[each.provision], each.id) for each in words))
    context.concerns(*(Subject(each.patient_id, each.record_id) for each in words))
