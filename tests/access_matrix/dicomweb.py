"""DICOMweb: STOW-RS, QIDO-RS, WADO-RS, and retraction."""

from tests.access_matrix.persons import image
from tests.access_matrix.world import Actor, Ask, AskMaker
from tests.dicom import multipart

TABLE = """
operation                             own care other shut glass doctor desk quality audit admin none
dicomweb.capabilities                 everybody
dicomweb.search-studies               yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.store                        yes yes  yes   yes  yes   403    403  403     403   403   401
dicomweb.search-patients              yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.search-patient-studies       yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.search-series                yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.search-instances             yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.retrieve-study               yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.store-in-study               yes yes  yes   yes  yes   403    403  403     403   403   401
dicomweb.retract-study                yes 404  404   404  404   403    403  403     403   403   401
dicomweb.retrieve-study-metadata      yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-study-bulk-data     yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-study-pixel-data    yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.search-study-series          yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.search-study-instances       yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.retrieve-series              yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retract-series               yes 404  404   404  404   403    403  403     403   403   401
dicomweb.retrieve-series-metadata     yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-series-bulk-data    yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-series-pixel-data   yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.search-series-instances      yes yes  nil   nil  yes   yes    403  403     403   403   401
dicomweb.retrieve-instance            yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retract-instance             yes 404  404   404  404   403    403  403     403   403   401
dicomweb.retrieve-instance-metadata   yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-instance-bulk-data  yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-instance-pixel-data yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-frames              yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-study-rendered      yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-study-thumbnail     yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-series-rendered     yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-series-thumbnail    yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-instance-rendered   yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-instance-thumbnail  yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-frames-rendered     yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-frames-thumbnail    yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-uri                 yes yes  404   404  yes   yes    403  403     403   403   401
dicomweb.retrieve-bulk-data           yes yes  404   404  yes   yes    403  403     403   403   401
"""


def _search(actor: Actor) -> Ask:
    return Ask(shows=actor.about.ids["study"])


def _own_image(actor: Actor) -> Ask:
    number = actor.about.number + 20
    return Ask(body=multipart(image(actor.about, number)), ids={"study": f"2.999.9.{number}"})


def _by_uri(actor: Actor) -> Ask:
    ids = actor.about.ids
    uids = f"studyUID={ids['study']}&seriesUID={ids['series']}&objectUID={ids['instance']}"
    return Ask(query=f"requestType=WADO&{uids}")


def _retract(_: Actor) -> Ask:
    return Ask(query="reason=patient-safety")


ASKS: dict[str, AskMaker] = {
    "dicomweb.store": _own_image,
    "dicomweb.store-in-study": _own_image,
    "dicomweb.retrieve-uri": _by_uri,
    "dicomweb.search-patients": lambda actor: Ask(
        query="PatientBirthDate=19000101-", shows=actor.about.ids["patient_id"]
    ),
    "dicomweb.search-patient-studies": lambda actor: Ask(
        ids={"patient": actor.about.ids["patient_id"]}, shows=actor.about.ids["study"]
    ),
    **{
        f"dicomweb.search-{what}": _search
        for what in [
            "studies",
            "series",
            "instances",
            "study-series",
            "study-instances",
            "series-instances",
        ]
    },
    **{f"dicomweb.retract-{what}": _retract for what in ("study", "series", "instance")},
}
