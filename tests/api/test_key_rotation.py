"""The server's keys are exchanged: what the former ones made counts until they are retired."""

from collections.abc import Iterator

import pyotp
import pytest

from medshare.access import accounts
from medshare.access.keys import load_keys, retire_hashing_key, rotate_hashing_key
from medshare.access.model import Role
from medshare.audit.keys import load_log_signer, new_log_key, retire_log_key, rotate_log_key
from medshare.audit.tree.notes import BadNoteError, open_checkpoint
from medshare.audit.verify import Verification
from medshare.infra.key_files import FormerKeyStandsError
from medshare.settings import Settings
from tests.site import PASSWORD, Caller, Site

FORM = {"grant_type": "client_credentials"}


class Restarted:
    """A site that is built anew over what stands, as a server is started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secrets = settings.data_dir / "secrets"
        self.site = Site(settings)

    def again(self) -> Site:
        self.site.close()
        self.site = Site(self.settings, self.site.clock, fresh=False)
        return self.site

    def given_secret(self, admin: Caller, name: str) -> tuple[str, str]:
        client = {"id": name, "name": name, "facility": "SZ-A", "scopes": ["system/Patient.r"]}
        return name, admin.post("/api/v1/clients", client).get_json()["secret"]

    def status_of(self, auth: tuple[str, str]) -> int:
        return self.site.anonymous().post("/oauth/token", data=FORM, auth=auth).status_code


@pytest.fixture
def server(settings: Settings) -> Iterator[Restarted]:
    made = Restarted(settings)
    yield made
    made.site.close()


def test_secrets_outlive_the_exchange_of_the_key_that_hashed_them(server: Restarted) -> None:
    admin = server.site.administrator()
    used, idle = (server.given_secret(admin, name) for name in ("used", "idle"))
    rotate_hashing_key(server.secrets)
    with pytest.raises(FormerKeyStandsError):
        rotate_hashing_key(server.secrets)
    server.again()
    assert [server.status_of(used), server.status_of(used)] == [200, 200]
    assert server.status_of((used[0], "wrong")) == 401
    fresh = server.given_secret(server.site.person(Role.ADMINISTRATOR, username="b"), "fresh")
    retire_hashing_key(server.secrets)
    server.again()
    assert [server.status_of(each) for each in (used, fresh, idle)] == [200, 200, 401]


def test_second_factors_go_over_to_the_new_key(server: Restarted) -> None:
    person = server.site.person(Role.CLINICIAN, "SZ-A", username="li.na")
    totp = pyotp.TOTP(person.post("/api/v1/session/second-factor").get_json()["secret"])
    code = totp.at(server.site.clock.now())
    assert person.put("/api/v1/session/second-factor", {"code": code}).status_code == 204

    def logs_in() -> int:
        server.site.clock.advance(seconds=60)
        body = {"username": "li.na", "password": PASSWORD}
        code = totp.at(server.site.clock.now())
        return server.site.anonymous().post("/api/v1/session", body | {"code": code}).status_code

    rotate_hashing_key(server.secrets)
    site = server.again()
    assert logs_in() == 200
    keys = site.application.keys
    assert site.write(lambda uow: accounts.reseal_second_factors(uow, keys)) == 1
    retire_hashing_key(server.secrets)
    server.again()
    assert logs_in() == 200


def test_webhooks_keep_their_secrets(server: Restarted) -> None:
    before = load_keys(server.secrets)
    assert before.webhooks == before.hashing
    rotate_hashing_key(server.secrets)
    after = load_keys(server.secrets)
    assert after.webhooks == before.webhooks != after.hashing


def sealed(site: Site) -> str:
    site.facility_client("SZ-A").get("/api/v1/facilities/SZ-B")
    site.application.sequencer.seal_all()
    return site.anonymous().get("/api/v1/audit/checkpoint").text


def test_the_log_changes_its_key_under_both_signatures(server: Restarted) -> None:
    base_url = server.settings.effective_base_url
    first = sealed(server.site)
    old = load_log_signer(server.secrets, base_url).verifier
    text, new = new_log_key(old.name)
    rotate_log_key(server.secrets, text)
    with pytest.raises(FormerKeyStandsError):
        rotate_log_key(server.secrets, text)
    site = server.again()
    assert site.anonymous().get("/api/v1/audit/checkpoint").text == first
    both = sealed(site)
    assert open_checkpoint(both, old) == open_checkpoint(both, new)
    export = site.auditor().get("/api/v1/audit/export").data.splitlines()
    for key in (old, new):
        verification = Verification(key)
        verification.read(export)
        assert verification.findings == []
    retire_log_key(server.secrets)
    alone = sealed(server.again())
    assert open_checkpoint(alone, new).size > open_checkpoint(both, new).size
    with pytest.raises(BadNoteError):
        open_checkpoint(alone, old)


def test_the_former_keys_are_nobody_else_s_to_read(server: Restarted) -> None:
    rotate_hashing_key(server.secrets)
    rotate_log_key(server.secrets, new_log_key("x")[0])
    modes = {each.stat().st_mode & 0o777 for each in server.secrets.iterdir()}
    assert modes == {0o600}
