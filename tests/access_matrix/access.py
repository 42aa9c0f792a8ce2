"""Clients, tokens, accounts and sessions."""

from base64 import b64encode

from tests.access_matrix.world import Actor, Ask, AskMaker
from tests.site import PASSWORD

TABLE = """
operation                        own care other shut glass doctor desk quality audit admin none
access.token                     everybody
access.introspect                everybody
access.revoke                    everybody
access.smart-configuration-fhir  everybody
access.smart-configuration       everybody
access.session                   403 403  403   403  403   yes    yes  yes     yes   yes   401
access.login                     everybody
access.logout                    403 403  403   403  403   yes    yes  yes     yes   yes   401
access.step-up                   403 403  403   403  403   yes    yes  yes     yes   yes   401
access.change-password           403 403  403   403  403   yes    yes  yes     yes   yes   401
access.begin-second-factor       403 403  403   403  403   yes    yes  yes     yes   yes   401
access.confirm-second-factor     403 403  403   403  403   409    409  409     409   409   401
access.drop-second-factor        403 403  403   403  403   yes    yes  yes     yes   yes   401
access.begin-provider-login      404 404  404   404  404   404    404  404     404   404   404
access.end-provider-login        401 401  401   401  401   401    401  401     401   401   401
access.list-clients              403 403  403   403  403   403    403  403     403   yes   401
access.add-client                403 403  403   403  403   403    403  403     403   yes   401
access.get-client                403 403  403   403  403   403    403  403     403   yes   401
access.replace-client            403 403  403   403  403   403    403  403     403   yes   401
access.disable-client            403 403  403   403  403   403    403  403     403   yes   401
access.rotate-client-secret      403 403  403   403  403   403    403  403     403   yes   401
access.list-accounts             403 403  403   403  403   403    403  403     403   yes   401
access.add-account               403 403  403   403  403   403    403  403     403   yes   401
access.get-account               403 403  403   403  403   403    403  403     403   yes   401
access.replace-account           403 403  403   403  403   403    403  403     403   yes   401
access.reset-password            403 403  403   403  403   403    403  403     403   yes   401
"""


def _form(actor: Actor, **form: str) -> Ask:
    proof = b64encode(f"spare:{actor.about.ids['secret']}".encode()).decode()
    return Ask(headers={"Authorization": f"Basic {proof}", "Cookie": ""}, body={"data": form})


ACCOUNT = {"displayName": "Spare", "roles": ["auditor"]}
CLIENT = {"name": "Spare", "scopes": ["system/Patient.r"]}
ASKS: dict[str, AskMaker] = {
    "access.token": lambda actor: _form(actor, grant_type="client_credentials"),
    "access.introspect": lambda actor: _form(actor, token="none"),
    "access.revoke": lambda actor: _form(actor, token="none"),
    "access.login": lambda _: Ask(json={"username": "one", "password": PASSWORD}),
    "access.step-up": lambda _: Ask(json={"password": PASSWORD}),
    "access.change-password": lambda _: Ask(
        json={"current": PASSWORD, "password": "another long password"}
    ),
    "access.confirm-second-factor": lambda _: Ask(json={"code": "000000"}),
    "access.add-account": lambda _: Ask(
        json=ACCOUNT | {"username": "another", "password": "a password for nobody"}
    ),
    "access.replace-account": lambda _: Ask(json=ACCOUNT, headers={"If-Match": '"1"'}),
    "access.add-client": lambda _: Ask(json=CLIENT | {"id": "another", "facility": "SZ-C"}),
    "access.replace-client": lambda _: Ask(json=CLIENT, headers={"If-Match": '"1"'}),
    "access.rotate-client-secret": lambda _: Ask(json={}),
}
