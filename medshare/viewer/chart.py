"""A person's exams with what is known of each, gathered for one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medshare.care.sensitivity import service as sensitivity
from medshare.care.sight import sight_of
from medshare.exams import service as exams
from medshare.exams.model import MANAGED_ITEMS, Exam
from medshare.exams.service import subject_of
from medshare.imaging import service as imaging
from medshare.infra.paging import LIMIT_MAX
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId
from medshare.kernel.permission import Permission
from medshare.recognition.model import Verdict
from medshare.viewer.hospitals import Hospital
from medshare.viewer.narrowing import View
from medshare.viewer.standing import own_decisions, verdicts
from medshare.viewer.timeline import Entry, Named, name_of_item


@dataclass(frozen=True, slots=True)
class Chart:
    """What the timeline shows, newest first, and the cursor of what is older."""

    entries: tuple[Entry, ...]
    next_cursor: str | None

    @property
    def subjects(self) -> Sequence[Subject]:
        """Return whose data it is."""
        found = (subject_of(each.exam) for each in self.entries)
        return [each for each in found if each is not None]


def chart_of(
    context: Context,
    uow: UnitOfWork,
    patient_id: PatientId,
    known: Mapping[FacilityCode, Hospital],
    view: View,
) -> Chart:
    """Gather a person's exams that the caller may see, as far as they are asked for."""
    narrowing, latest = view.narrowing, view.narrowing.latest
    page = exams.page(
        uow,
        sight_of(context, uow),
        narrowing.of(patient_id),
        cursor=view.cursor,
        limit=latest or LIMIT_MAX,
    )
    entries = entries_of(context, uow, patient_id, page.items, known)
    return Chart(tuple(entries), None if latest else page.next_cursor)


def entries_of(
    context: Context,
    uow: UnitOfWork,
    patient_id: PatientId | None,
    shown: Sequence[Exam],
    known: Mapping[FacilityCode, Hospital],
) -> list[Entry]:
    """Return exams of a person with their names, and how their results stand."""
    with_images = imaging.exams_with_images(uow, [each.id for each in shown])
    judged: Mapping[ExamId, Verdict] = {}
    facility = context.principal.facility
    if patient_id and facility and Permission.EVALUATION_CREATE in context.principal.permissions:
        judged = verdicts(uow, sight_of(context, uow), facility, patient_id, shown, with_images)
    decided = own_decisions(uow, facility, shown)
    orders = [each.order.item for each in shown]
    names = exams.item_names(uow, {each.code for each in orders if each.system == MANAGED_ITEMS})
    classes = _classes(uow, shown)
    pictured = imaging.exams_with_pictures(uow, with_images) if with_images else frozenset()
    return [
        Entry(
            each,
            name_of_item(each, names),
            known[each.facility],
            each.id in with_images,
            judged.get(each.id),
            decided.get(each.id),
            classes.get(each.order.details.sensitivity or ""),
            has_pictures=each.id in pictured,
        )
        for each in shown
    ]


def _classes(uow: UnitOfWork, shown: Sequence[Exam]) -> Mapping[str, Named]:
    """Return what the classes of sensitive results are called; none are asked for in vain."""
    if not any(each.order.details.sensitivity for each in shown):
        return {}
    return {each.code: Named(each.name_zh, each.name_en) for each in sensitivity.all_classes(uow)}
