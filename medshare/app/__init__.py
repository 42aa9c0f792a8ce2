"""The composition root: binds ports to adapters, installs every package's routes, seals.

Nothing imports this module but the commands and the server.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask

from medshare.access.authenticator import Authenticator, Decider
from medshare.access.key_sets import KeySets
from medshare.access.keys import ServerKeys, load_keys
from medshare.access.model import Visibility
from medshare.access.proof import ProofRules
from medshare.access.provider import Provider, Registration
from medshare.access.revocations import Revocations
from medshare.access.routes import (
    CALLBACK_PATH,
    TOKEN_PATH,
    TokenDesk,
    account_routes,
    client_routes,
    oauth_routes,
    provider_routes,
    session_routes,
)
from medshare.access.signed_calls import SignedCalls
from medshare.access.tokens import TokenMaker
from medshare.app.facts import FACTS, REACTIONS
from medshare.app.recognition import JOB_KINDS, RECOGNITION_ROUTES
from medshare.audit.anomalies.routes import anomaly_routes
from medshare.audit.anomalies.service import Detector, load_limits
from medshare.audit.digest.follower import Digest
from medshare.audit.keys import load_log_signer
from medshare.audit.look_ups import LookUps
from medshare.audit.questions.routes import question_routes
from medshare.audit.questions.service import Questions
from medshare.audit.routes import Sealing, audit_routes, sealed_log_routes, show_checkpoint
from medshare.audit.sealed_log import SealedLog
from medshare.audit.sequencer import Sequencer
from medshare.audit.trail import Trail
from medshare.care import service as care
from medshare.care.break_glass.routes import routes as glass_routes
from medshare.care.consents.routes import routes as consent_routes
from medshare.care.routes import routes as care_routes
from medshare.care.selectables import visible
from medshare.cdshooks.routes import audiences, cds_routes
from medshare.changes.reactions import reactions as change_reactions
from medshare.changes.routes import feed_routes, webhook_routes
from medshare.changes.worker import WebhookWorker
from medshare.dicomweb.resources import ROOT as DICOMWEB
from medshare.dicomweb.routes import dicomweb_routes
from medshare.exams.routes import exam_routes, report_routes
from medshare.facilities.routes import routes as facility_routes
from medshare.fhir.routes import fhir_routes
from medshare.imaging.pictures import Pictures
from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.routes import case_routes
from medshare.imaging.workers.pool import WorkerLimits, Workers
from medshare.infra.blobs import ObjectStoreOptions, open_blob_store
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.gate import Gate
from medshare.infra.lease import Lease
from medshare.infra.logging import configure_logging
from medshare.infra.outbox import OutboxWorker
from medshare.infra.perform import House
from medshare.infra.reactions import deliverer
from medshare.infra.request_rate import RequestRate
from medshare.infra.spool import Spool
from medshare.jobs.routes import routes as job_routes
from medshare.jobs.worker import JobWorker
from medshare.kernel.ports import BlobStore, Clock, Throttle
from medshare.patients.aliases import LinkAliases
from medshare.patients.links.routes import act_routes, view_routes
from medshare.patients.reviews.routes import routes as review_routes
from medshare.patients.routes import finding_routes, registration_routes
from medshare.patients.sight import Sight, SightOf
from medshare.settings import Settings, load_settings
from medshare.viewer.routes import viewer_routes
from medshare.web.cross_origin import open_to, read_origins
from medshare.web.documentation import routes as documentation_routes
from medshare.web.endpoint import Routes, guard, install, seal
from medshare.web.health import routes as health_routes

# Longer than any upload may stall: other processes share the directory.
SPOOL_STALE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Application:
    """A built process: the WSGI application and what must be started and stopped with it."""

    flask: Flask
    house: House
    trail: Trail
    keys: ServerKeys
    outbox: OutboxWorker
    webhooks: WebhookWorker
    jobs: JobWorker
    pixel_workers: Workers
    sequencer: Sequencer
    sealed_log: SealedLog
    questions: Questions
    databases: Sequence[Database] = field(default_factory=tuple)

    @property
    def ledgers(self) -> Sequence[Database]:
        """Return the ledgers that are files of their own."""
        return self.databases[1:]

    def start(self) -> None:
        """Start the background duties of a serving process."""
        self.trail.start()
        self.outbox.start()
        self.webhooks.start()
        self.jobs.start()
        self.sequencer.start()

    def stop(self) -> None:
        """End the background duties, write what they hold, close the databases."""
        self.outbox.stop()
        self.webhooks.stop()
        self.jobs.stop()
        self.sequencer.stop()
        self.stop_quietly()

    def stop_quietly(self) -> None:
        """Write what the trail holds and close the databases, of a process that never started."""
        self.pixel_workers.close()
        self.trail.stop()
        for database in self.databases:
            database.dispose()


def build(settings: Settings, clock: Clock | None = None) -> Application:
    """Bind everything for one process, prepared databases assumed.

    Raises
    ------
    UnsealedRouteError
        A route did not declare its permission and audit action.
    """
    clock = clock or SystemClock()
    index = Database(settings.effective_database_url)
    reads = _ledger_of_reads(settings, index)
    databases = (index,) if reads is index else (index, reads)
    trail = Trail(index, reads, clock)
    keys = load_keys(settings.data_dir / "secrets")
    sealing = _sealing(settings, databases, clock)
    work = sealing.detector.limits.work
    questions = Questions(sealing.digest, sealing.log, sealing.settle, work)
    throttles = _throttles(settings, clock, trail)
    house = House(settings, index, open_blobs(settings), clock, Decider(), trail, throttles)
    desk = _desk(settings, keys, index, clock)
    workers = _pixel_workers(settings)
    flask = _open_doors(house, trail, desk, sealing, questions, workers)
    outbox = OutboxWorker(
        index,
        clock,
        FACTS,
        deliverer(house, (*REACTIONS, *change_reactions(settings))),
        Lease(index, clock, "outbox").held,
    )
    webhooks = WebhookWorker(house, keys.hashing, Lease(index, clock, "webhooks").held)
    return Application(
        flask,
        house,
        trail,
        keys,
        outbox,
        webhooks,
        JobWorker(house, JOB_KINDS),
        workers,
        sealing.sequencer,
        sealing.log,
        questions,
        databases,
    )


def _open_doors(  # what a process has is bound here
    house: House,
    trail: Trail,
    desk: TokenDesk,
    sealing: Sealing,
    questions: Questions,
    workers: Workers,
) -> Flask:
    """Put every route behind the door, and let nothing else be one."""
    settings, index, clock = house.settings, house.database, house.clock
    flask = _flask(settings)
    authenticator = _authenticator(settings, desk, index, clock)
    pictures = _pictures(settings, workers, house.gate)
    for routes in (
        *_all_routes(settings, desk, trail, sealing, index, clock),
        dicomweb_routes(_spool(settings), care.windows(settings), pictures),
        webhook_routes(desk.rules.keys.hashing),
        question_routes(questions, LinkAliases(index)),
        anomaly_routes(sealing.judge),
    ):
        install(flask, house, authenticator, routes)
    signed = SignedCalls(
        index,
        clock,
        authenticator,
        desk.rules.key_sets,
        audiences(settings),
        settings.effective_base_url,
    )
    install(flask, house, signed, cds_routes())
    guard(flask, house, authenticator)
    open_to(flask, DICOMWEB, read_origins(settings.cross_origins))
    show_checkpoint(flask, sealing.log)
    seal(flask)
    return flask


def _sealing(settings: Settings, ledgers: Sequence[Database], clock: Clock) -> Sealing:
    """Bind what seals the trail; the last ledger holds the tree."""
    signer = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)
    log = SealedLog(ledgers[-1], signer.verifier)
    digest = Digest(ledgers, LinkAliases(ledgers[0]))
    limits = load_limits(settings.audit_limits_file)
    detector = Detector(ledgers[0], ledgers[-1], clock, limits)
    lease = Lease(ledgers[0], clock, "sequencer")

    def after_round() -> None:
        log.refresh()
        if lease.held():
            digest.catch_up()
            detector.catch_up()

    sequencer = Sequencer(ledgers, clock, signer, lease.held, after_round)
    return Sealing(sequencer, log, digest, detector)


def _throttles(settings: Settings, clock: Clock, trail: Trail) -> Sequence[Throttle]:
    rate = RequestRate(
        clock, known=settings.requests_per_minute, unknown=settings.anonymous_requests_per_minute
    )
    look_ups = LookUps(
        clock,
        trail.times_of_look_ups,
        of_person=settings.look_ups_per_person,
        missed_by_client=settings.missed_look_ups_per_client,
    )
    return (rate, look_ups)


def _desk(settings: Settings, keys: ServerKeys, index: Database, clock: Clock) -> TokenDesk:
    tokens = TokenMaker(keys, settings.effective_base_url, settings.token_lifetime_s)
    return TokenDesk(tokens, _proof_rules(settings, keys, clock), Revocations(index, clock))


def _authenticator(
    settings: Settings, desk: TokenDesk, index: Database, clock: Clock
) -> Authenticator:
    return Authenticator(
        index,
        clock,
        desk.tokens,
        desk.revocations,
        session_idle=timedelta(seconds=settings.session_idle_s),
        session_lifetime=timedelta(seconds=settings.session_lifetime_s),
    )


def serve() -> Flask:
    """Return the application of a serving process, its duties started; the server calls this."""
    settings = load_settings()
    configure_logging(settings.log_level)
    application = build(settings)
    application.start()
    threading.Thread(target=_stop_at_the_end, args=(application,), name="stop").start()
    return application.flask


def _stop_at_the_end(application: Application) -> None:
    """Stop the duties once the worker's main thread has ended.

    Workers are children of ``multiprocessing``, which run no ``atexit`` functions but do wait for
    threads such as this one.
    """
    threading.main_thread().join()
    application.stop()


def open_blobs(settings: Settings) -> BlobStore:
    """Open the blob store that the settings name."""
    secret = settings.s3_secret_access_key_file
    options = ObjectStoreOptions(
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=secret.read_text(encoding="utf-8").strip() if secret else "",
        allow_http=settings.s3_endpoint.startswith("http://"),
    )
    return open_blob_store(
        settings.effective_blob_url, options, low_water_bytes=settings.low_water_bytes
    )


def _proof_rules(settings: Settings, keys: ServerKeys, clock: Clock) -> ProofRules:
    return ProofRules(
        keys,
        KeySets(clock),
        audience=settings.effective_base_url + TOKEN_PATH,
        basic=settings.client_secret_basic,
    )


def _provider(settings: Settings, clock: Clock) -> Provider | None:
    """Return the identity provider that the settings name, if they do."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret_file
    registration = Registration(
        settings.oidc_issuer,
        settings.oidc_client_id,
        secret.read_text(encoding="utf-8").strip() if secret else "",
        settings.effective_base_url + CALLBACK_PATH,
    )
    return Provider(registration, clock)


def _ledger_of_reads(settings: Settings, index: Database) -> Database:
    if not index.is_sqlite:
        return index
    return Database(f"sqlite:///{settings.data_dir.resolve()}/audit.db")


def _flask(settings: Settings) -> Flask:
    flask = Flask("medshare", static_folder=None)
    flask.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    flask.config["MAX_FORM_MEMORY_SIZE"] = settings.body_limit_bytes
    flask.url_map.merge_slashes = False
    return flask


def _all_routes(
    settings: Settings,
    desk: TokenDesk,
    trail: Trail,
    sealing: Sealing,
    index: Database,
    clock: Clock,
) -> list[Routes]:
    return [
        health_routes,
        documentation_routes,
        oauth_routes(desk, settings.effective_base_url),
        account_routes,
        session_routes(desk.rules.keys),
        provider_routes(_provider(settings, clock)),
        client_routes(desk.rules.keys),
        facility_routes,
        registration_routes,
        finding_routes(_sight_of(settings)),
        act_routes,
        review_routes,
        view_routes(_sight_of(settings)),
        care_routes,
        consent_routes,
        glass_routes,
        exam_routes,
        report_routes,
        fhir_routes(_sight_of(settings)),
        feed_routes,
        case_routes(_spool(settings)),
        job_routes,
        *RECOGNITION_ROUTES,
        audit_routes(trail, sealing, LinkAliases(index)),
        sealed_log_routes(sealing.log),
        *viewer_routes(settings),
    ]


def _pixel_workers(settings: Settings) -> Workers:
    limits = WorkerLimits(
        count=settings.pixel_workers,
        memory_bytes=settings.pixel_memory_bytes,
        time_s=settings.pixel_time_s,
    )
    return Workers("medshare.imaging.workers.tasks", limits)


def _pictures(settings: Settings, workers: Workers, gate: Gate) -> Pictures:
    cache = PixelCache(settings.data_dir / "pixel-cache", settings.pixel_cache_bytes, gate)
    return Pictures(workers, cache, settings.font_file)


def _spool(settings: Settings) -> Spool:
    spool = Spool(settings.data_dir / "spool", settings.low_water_bytes)
    spool.sweep_stale(SPOOL_STALE)
    return spool


def _sight_of(settings: Settings) -> SightOf:
    windows = care.windows(settings)

    def sight_of(visibility: Visibility, now: datetime) -> Sight:
        return lambda facility, patient: visible(visibility, facility, patient, now, windows)

    return sight_of
