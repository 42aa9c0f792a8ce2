"""The registrar's pages: possible duplicates, a patient's links, proposals, unresolved imaging."""

from collections.abc import Sequence
from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.imaging import reconciliation
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.patients import service as patients
from medshare.patients.links import graph, history, proposals
from medshare.patients.links.model import Act, ActKind, Actor
from medshare.patients.model import FoundPatient
from medshare.patients.reviews import service as reviews
from medshare.patients.seen import subject_of
from medshare.patients.sight import everything
from medshare.viewer.consoles.comparison import compare, evidence_of
from medshare.viewer.consoles.people import names_of
from medshare.viewer.consoles.schemas import load_list, load_proposals, load_reviews
from medshare.viewer.consoles.waiting import waiting
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages
from medshare.viewer.sharing import say_words, sharing_of
from medshare.web.endpoint import Routes

REGISTRAR = "/viewer/registrar"
PATIENT = f"{REGISTRAR}/patients/<uuid:patient_id>"
SHOWN = 50


def registrar_routes(pages: Pages) -> Routes:
    """Return the registrar's pages."""
    routes = Routes(error_face=pages.refusal)
    desk = _Desk(pages)
    search, read = Recorded(AuditAction.SEARCH), Recorded(AuditAction.READ)
    nobody = Recorded(AuditAction.SEARCH, about_patients=False)
    links, imaging = Permission.LINK_READ, Permission.IMAGING_RESOLVE
    for path, name, access, audit, view in (
        (REGISTRAR, "viewer.reviews", links, search, desk.queue),
        (f"{REGISTRAR}/reviews/<uuid:review_id>", "viewer.review", links, read, desk.review),
        (PATIENT, "viewer.links", links, read, desk.patient),
        (f"{PATIENT}/with/<uuid:other_id>", "viewer.compare", links, read, desk.pair),
        (f"{REGISTRAR}/proposals", "viewer.proposals", links, nobody, desk.proposals),
        (f"{REGISTRAR}/imaging", "viewer.unresolved", imaging, search, desk.unresolved),
    ):
        routes.endpoint(path, name=name, access=access, audit=audit)(view)
    return routes


class _Desk:
    """The views, which share the pages."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def queue(self, context: Context) -> Response:
        """Show what waits for a registrar."""
        asked = load_reviews()
        with context.read() as uow:
            page = reviews.queue(
                uow, _actor(context), asked.state, cursor=asked.cursor, limit=SHOWN
            )
            known = hospitals(uow)
            names = names_of(uow, [b for r in page.items for b in (r.claimed_by, r.decided_by)])
        _say_whom(context, [s for each in page.items for s in reviews.subjects_of_review(each)])
        return self._pages.answer(
            context.principal,
            "registrar_queue",
            reviews=page.items,
            next_cursor=page.next_cursor,
            state=asked.state,
            known=known,
            names=names,
        )

    def review(self, context: Context, review_id: UUID) -> Response:
        """Show a review: both sides, and why matching did not decide."""
        with context.read() as uow:
            found = reviews.show(uow, _actor(context), str(review_id))
            shown = [found.record, *found.patient.records]
            comparison = compare(shown, hospitals(uow))
            others = graph.members_of(uow, found.review.record_patient_id)
            names = names_of(uow, [found.review.claimed_by, found.review.decided_by])
        context.touched(AuditObject("patient-review", found.review.id))
        context.concerns(*(subject_of(each.linked) for each in shown))
        review = found.review
        return self._pages.answer(
            context.principal,
            "registrar_review",
            review=review,
            version=found.version,
            comparison=comparison,
            evidence=evidence_of(review.evidence, review.score, review.weights_version),
            is_alone=len(others) == 1,
            names=names,
        )

    def patient(self, context: Context, patient_id: UUID) -> Response:
        """Show a patient's records, what was done to their links, and what can be done."""
        with context.read() as uow:
            current = graph.current_id(uow, PatientId(str(patient_id)))
            found = _person(uow, current)
            past = history.history_of(uow, current)
            version = graph.version_of(uow, current)
            marks, _ = reviews.separations_of(uow, current)
            sharing = sharing_of(context, uow, current)
            known = hospitals(uow)
            acting = [by for each in past.acts for by in (each.actor.id, each.seconded_by)]
            names = names_of(uow, [*acting, *(each.made_by for each in marks)])
        context.concerns(*_subjects(found), *history.subjects_of(past))
        say_words(context, sharing)
        return self._pages.answer(
            context.principal,
            "registrar_patient",
            patient_id=current,
            comparison=compare(found.records, known),
            history=past,
            standing=_standing(past.acts, current),
            marks=marks,
            sharing=sharing,
            two_persons=context.house.settings.two_person_merge,
            version=version,
            known=known,
            names=names,
        )

    def pair(self, context: Context, patient_id: UUID, other_id: UUID) -> Response:
        """Show two patients side by side, to merge the second into the first."""
        with context.read() as uow:
            ours, theirs = (
                _person(uow, graph.current_id(uow, PatientId(str(each))))
                for each in (patient_id, other_id)
            )
            versions = [graph.version_of(uow, each.patient_id) for each in (ours, theirs)]
            comparison = compare([*ours.records, *theirs.records], hospitals(uow))
        context.concerns(*_subjects(ours), *_subjects(theirs))
        return self._pages.answer(
            context.principal,
            "registrar_pair",
            survivor=ours,
            retired=theirs,
            versions=versions,
            comparison=comparison,
            two_persons=context.house.settings.two_person_merge,
        )

    def proposals(self, context: Context) -> Response:
        """Show the merges and unmerges that wait for a second person."""
        asked = load_proposals()
        with context.read() as uow:
            page = proposals.page(uow, asked.state, cursor=asked.cursor, limit=SHOWN)
            acting = [by for each in page.items for by in (each.proposed_by.id, each.decided_by)]
            names = names_of(uow, acting)
        context.touched(*(AuditObject("patient-act-proposal", each.id) for each in page.items))
        return self._pages.answer(
            context.principal,
            "registrar_proposals",
            proposals=page.items,
            next_cursor=page.next_cursor,
            state=asked.state,
            names=names,
        )

    def unresolved(self, context: Context) -> Response:
        """Show the facility's studies whose patient is not known."""
        facility, cursor = own_facility(context.principal), load_list()
        with context.read() as uow:
            page = reconciliation.page(uow, facility, cursor=cursor, limit=SHOWN)
            own = hospitals(uow)[facility]
        context.touched(*(AuditObject("study", each.study_instance_uid) for each in page.items))
        context.concerns_nobody("no study of the list has its patient")
        return self._pages.answer(
            context.principal,
            "registrar_imaging",
            studies=[waiting(each) for each in page.items],
            next_cursor=page.next_cursor,
            number_system=own.facility.patient_identifier_system,
        )


def _actor(context: Context) -> Actor:
    return Actor(context.principal.id, context.principal.facility)


def _person(uow: UnitOfWork, patient_id: PatientId) -> FoundPatient:
    return patients.get_patient(uow, patient_id, everything)


def _subjects(found: FoundPatient) -> list[Subject]:
    return [subject_of(each.linked) for each in found.records]


def _say_whom(context: Context, subjects: Sequence[Subject]) -> None:
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("nothing found")


def _standing(acts: Sequence[Act], patient_id: PatientId) -> list[Act]:
    """Return the merges into a person that can be undone."""
    return [
        each
        for each in acts
        if each.kind is ActKind.MERGE and not each.undone_by and each.patient_id == patient_id
    ]
