"""The doors of a process: every package's routes, bound to what they need, and sealed."""

from datetime import datetime, timedelta

from flask import Flask

from medshare.access.authenticator import Authenticator
from medshare.access.keys import ServerKeys
from medshare.access.model import Visibility
from medshare.access.provider import Provider, Registration
from medshare.access.routes import (
    CALLBACK_PATH,
    TokenDesk,
    account_routes,
    client_routes,
    oauth_routes,
    provider_routes,
    session_routes,
)
from medshare.access.signed_calls import SignedCalls
from medshare.app.recognition import RECOGNITION_ROUTES
from medshare.audit.anomalies.routes import anomaly_routes
from medshare.audit.balp import server_of
from medshare.audit.holds.routes import erasure_routes, hold_routes
from medshare.audit.questions.routes import question_routes
from medshare.audit.questions.service import Questions
from medshare.audit.routes import Sealing, audit_routes, sealed_log_routes, show_checkpoint
from medshare.audit.search.service import EventSearch
from medshare.audit.trail import Trail
from medshare.care import service as care
from medshare.care.break_glass.routes import routes as glass_routes
from medshare.care.consents.routes import routes as consent_routes
from medshare.care.routes import routes as care_routes
from medshare.care.sensitivity.routes import routes as sensitivity_routes
from medshare.care.sight import sight_at
from medshare.cdshooks.routes import audiences, cds_routes
from medshare.changes.routes import feed_routes, webhook_routes
from medshare.dicomweb.resources import ROOT as DICOMWEB
from medshare.dicomweb.routes import dicomweb_routes
from medshare.exams.routes import exam_routes, report_routes
from medshare.facilities.routes import routes as facility_routes
from medshare.fhir.answers import outcome_face
from medshare.fhir.audit_events.routes import audit_event_routes
from medshare.fhir.routes import fhir_routes
from medshare.imaging.documents import Documents
from medshare.imaging.pictures import Pictures
from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.routes import case_routes
from medshare.imaging.workers.pool import Workers
from medshare.infra.db import Database
from medshare.infra.gate import Gate
from medshare.infra.perform import House
from medshare.infra.spool import Spool
from medshare.jobs.routes import routes as job_routes
from medshare.kernel.ports import Clock
from medshare.patients.aliases import LinkAliases
from medshare.patients.links.routes import act_routes, view_routes
from medshare.patients.reviews.routes import routes as review_routes
from medshare.patients.routes import finding_routes, registration_routes
from medshare.patients.sight import Sight, SightOf
from medshare.settings import Settings
from medshare.viewer.consoles.books import Books
from medshare.viewer.routes import viewer_routes
from medshare.web.cross_origin import open_to, read_origins
from medshare.web.documentation import routes as documentation_routes
from medshare.web.endpoint import Routes, guard, install, seal
from medshare.web.health import routes as health_routes

# Longer than any upload may stall: other processes share the directory.
SPOOL_STALE = timedelta(hours=24)


def open_doors(  # what a process has is bound here
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
    spool, aliases = _spool(settings), LinkAliases(index)
    pictures = _pictures(settings, workers, house.gate)
    for routes in (
        *_routes(settings, desk, clock),
        case_routes(spool),
        dicomweb_routes(spool, care.windows(settings), pictures),
        webhook_routes(desk.rules.keys.webhooks),
        audit_routes(trail, sealing, aliases),
        sealed_log_routes(sealing.log, sealing.witnesses),
        question_routes(questions, aliases),
        anomaly_routes(sealing.judge),
        hold_routes(trail),
        erasure_routes(trail, sealing.holds, aliases),
        _audit_events(settings, trail, sealing, aliases, desk.rules.keys),
        *viewer_routes(
            settings,
            desk.rules.keys,
            spool,
            Books(trail, questions, sealing.log, aliases, sealing.judge),
            Documents(pictures.runner, pictures.cache),
        ),
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
    guard(flask, house, authenticator, {"/fhir/": outcome_face})
    open_to(flask, DICOMWEB, read_origins(settings.cross_origins))
    show_checkpoint(flask, sealing.log)
    seal(flask)
    return flask


def _audit_events(
    settings: Settings, trail: Trail, sealing: Sealing, aliases: LinkAliases, keys: ServerKeys
) -> Routes:
    events = EventSearch(trail.ledgers, trail.vault, sealing.settle)
    server = server_of(sealing.log.key.name)
    return audit_event_routes(events, server, settings.time_zone, aliases, keys)


def _flask(settings: Settings) -> Flask:
    flask = Flask("medshare", static_folder=None)
    flask.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    flask.config["MAX_FORM_MEMORY_SIZE"] = settings.body_limit_bytes
    flask.url_map.merge_slashes = False
    return flask


def _routes(settings: Settings, desk: TokenDesk, clock: Clock) -> list[Routes]:
    """Return the routes that need no more than the settings and what tells callers apart."""
    sight_of = _sight_of(settings)
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
        finding_routes(sight_of),
        act_routes,
        review_routes,
        view_routes(sight_of),
        care_routes,
        consent_routes,
        sensitivity_routes,
        glass_routes,
        exam_routes,
        report_routes,
        fhir_routes(sight_of, desk.rules.keys),
        feed_routes,
        job_routes,
        *RECOGNITION_ROUTES,
    ]


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
        return sight_at(visibility, now, windows)

    return sight_of
