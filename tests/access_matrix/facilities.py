"""Facilities."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation           own care other shut glass doctor desk quality audit admin none
facilities.list     yes yes  yes   yes  yes   yes    yes  yes     yes   yes   401
facilities.add      403 403  403   403  403   403    403  403     403   yes   401
facilities.get      yes yes  yes   yes  yes   yes    yes  yes     yes   yes   401
facilities.replace  403 403  403   403  403   403    403  403     403   yes   401
"""

HOSPITAL = {
    "code": "SZ-C",
    "name": {"zh": "测试医院3", "en": "Test Hospital 3"},
    "level": 2,
    "oid": "2.999.3",
    "patientIdentifierSystem": "urn:oid:2.999.3.1",
}
ANOTHER = {"code": "SZ-D", "oid": "2.999.4", "patientIdentifierSystem": "urn:oid:2.999.4.1"}
ASKS: dict[str, AskMaker] = {
    "facilities.add": lambda _: Ask(json=HOSPITAL | ANOTHER),
    "facilities.replace": lambda _: Ask(json=HOSPITAL),
}
