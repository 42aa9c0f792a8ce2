"""Exams and their reports."""

from tests.access_matrix.persons import exam, report
from tests.access_matrix.world import Actor, Ask, AskMaker

TABLE = """
operation             own care other shut glass doctor desk quality audit admin none
exams.register        yes yes  yes   yes  yes   403    403  403     403   403   401
exams.search          yes yes  nil   nil  yes   yes    403  403     403   403   401
exams.get             yes yes  404   404  yes   yes    403  403     403   403   401
exams.change          yes 404  404   404  404   403    403  403     403   403   401
exams.list-reports    yes yes  404   404  yes   yes    403  403     403   403   401
exams.add-report      yes 404  404   404  404   403    403  403     403   403   401
exams.get-report      yes yes  404   404  yes   yes    403  403     403   403   401
exams.get-report-pdf  yes yes  404   404  yes   yes    403  403     403   403   401
exams.timeline        yes yes  nil   nil  yes   yes    403  403     403   403   401
"""


def _found(actor: Actor, **options: object) -> Ask:
    return Ask(shows=actor.about.ids["exam_id"], **options)


ASKS: dict[str, AskMaker] = {
    "exams.register": lambda actor: Ask(
        json=exam(
            actor.about, actor.facility, accessionNumber="NEW", studyInstanceUids=["2.999.9.99"]
        )
    ),
    "exams.search": lambda actor: _found(
        actor, json={"accessionNumber": f"ACC-{actor.about.number}"}
    ),
    "exams.get": _found,
    "exams.change": lambda actor: Ask(
        json={"status": "completed", "department": "放射科二"},
        headers={"If-Match": actor.about.ids["exam_tag"]},
    ),
    "exams.add-report": lambda actor: Ask(
        json=report(actor.about, status="amended", signedAt="2026-11-19T12:00:00+08:00")
    ),
    "exams.list-reports": lambda actor: Ask(shows=actor.about.text),
    "exams.get-report": lambda actor: Ask(shows=actor.about.text),
    "exams.timeline": _found,
}
