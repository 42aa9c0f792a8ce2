"""The composition root: binds ports to adapters, installs every package's routes, seals.

Nothing imports this module but the commands and the server.
"""

import gc
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask

from medshare.access.authenticator import Decider
from medshare.access.key_sets import KeySets
from medshare.access.keys import ServerKeys, load_keys
from medshare.access.proof import ProofRules
from medshare.access.revocations import Revocations
from medshare.access.routes import (
    TOKEN_PATH,
    TokenDesk,
)
from medshare.access.tokens import TokenMaker
from medshare.app.doors import open_doors
from medshare.app.facts import FACTS, REACTIONS
from medshare.app.recognition import JOB_KINDS
from medshare.audit.anomalies.service import Detector, load_limits
from medshare.audit.digest.follower import Digest
from medshare.audit.holds.service import Holds
from medshare.audit.keys import load_log_signer
from medshare.audit.look_ups import LookUps
from medshare.audit.questions.service import Questions
from medshare.audit.retention import Retention
from medshare.audit.routes import Sealing
from medshare.audit.sealed_log import SealedLog
from medshare.audit.sequencer import Sequencer
from medshare.audit.trail import Trail
from medshare.audit.vault.service import Vault
from medshare.audit.witnessing import Witnesses, read_witnesses
from medshare.changes.reactions import reactions as change_reactions
from medshare.changes.worker import WebhookWorker
from medshare.imaging.workers.pool import WorkerLimits, Workers
from medshare.infra.blobs import ObjectStoreOptions, open_blob_store
from medshare.infra.checkpoints import CheckpointWorker
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.lease import Lease
from medshare.infra.logging import configure_logging
from medshare.infra.outbox import OutboxWorker
from medshare.infra.pace import Pace
from medshare.infra.perform import House
from medshare.infra.reactions import deliverer
from medshare.infra.request_rate import RequestRate
from medshare.jobs.worker import JobWorker
from medshare.kernel.ports import BlobStore, Clock, Throttle
from medshare.patients.aliases import LinkAliases
from medshare.settings import Settings, load_settings

GARBAGE_THRESHOLD = 50_000
FOLLOW_EVERY = timedelta(seconds=5)
"""How often the digest takes what was sealed; a question asked meanwhile takes the rest first."""


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
    sealing: Sealing
    questions: Questions
    retention: Retention
    checkpoints: CheckpointWorker
    databases: Sequence[Database] = field(default_factory=tuple)

    @property
    def sequencer(self) -> Sequencer:
        """Return what seals the trail."""
        return self.sealing.sequencer

    @property
    def sealed_log(self) -> SealedLog:
        """Return what is sealed."""
        return self.sealing.log

    @property
    def holds(self) -> Holds:
        """Return what stays of the trail for a court or an inquiry."""
        return self.sealing.holds

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
        self.checkpoints.start()

    def stop(self) -> None:
        """End the background duties, write what they hold, close the databases."""
        self.outbox.stop()
        self.webhooks.stop()
        self.jobs.stop()
        self.sequencer.stop()
        self.checkpoints.stop()
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
    index = _database(settings, settings.effective_database_url)
    reads = _ledger_of_reads(settings, index)
    databases = (index,) if reads is index else (index, reads)
    vault = Vault(encryption_key_file(settings))
    trail = Trail(index, reads, vault, clock)
    keys = load_keys(settings.data_dir / "secrets")
    holds = Holds(databases, LinkAliases(index))
    keep = timedelta(days=settings.audit_retention_days)
    retention = Retention(databases, trail, clock, keep, holds)
    sealing = _sealing(settings, databases, vault, clock, retention, holds)
    work = sealing.detector.limits.work
    questions = Questions(sealing.digest, sealing.log, sealing.settle, work)
    throttles = _throttles(settings, clock, trail)
    house = House(settings, index, open_blobs(settings), clock, Decider(), trail, throttles)
    desk = _desk(settings, keys, index, clock)
    workers = _pixel_workers(settings)
    flask = open_doors(house, trail, desk, sealing, questions, workers)
    outbox = OutboxWorker(
        index,
        clock,
        FACTS,
        deliverer(house, (*REACTIONS, *change_reactions(settings))),
        Lease(index, clock, "outbox").held,
    )
    webhooks = WebhookWorker(house, keys.webhooks, Lease(index, clock, "webhooks").held)
    return Application(
        flask,
        house,
        trail,
        keys,
        outbox,
        webhooks,
        JobWorker(house, JOB_KINDS),
        workers,
        sealing,
        questions,
        retention,
        CheckpointWorker(databases),
        databases,
    )


def _sealing(
    settings: Settings,
    ledgers: Sequence[Database],
    vault: Vault,
    clock: Clock,
    retention: Retention,
    holds: Holds,
) -> Sealing:
    """Bind what seals the trail; the last ledger holds the tree."""
    signer = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)
    log = SealedLog(ledgers[-1], *signer.verifiers)
    digest = Digest(ledgers, vault, LinkAliases(ledgers[0]))
    limits = load_limits(settings.audit_limits_file, settings.time_zone)
    detector = Detector(ledgers[0], ledgers[-1], clock, limits)
    lease = Lease(ledgers[0], clock, "sequencer")
    pace = Pace(clock, FOLLOW_EVERY)

    def after_round() -> None:
        log.refresh()
        if lease.held() and pace.due():
            digest.catch_up()
            detector.catch_up()
            retention.apply_in_time()

    sequencer = Sequencer(ledgers, vault, clock, signer, lease.held, after_round)
    keys = read_witnesses(settings.audit_witnesses_file)
    witnesses = Witnesses(ledgers[-1], log, keys, clock)
    return Sealing(sequencer, log, witnesses, digest, detector, holds)


def encryption_key_file(settings: Settings) -> Path:
    """Return where the key stands that wraps those of the trail's words."""
    return settings.audit_encryption_key_file or (
        settings.data_dir / "secrets" / "audit-encryption-key"
    )


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


def serve() -> Flask:
    """Return the application of a serving process, its duties started; the server calls this."""
    settings = load_settings()
    configure_logging(settings.log_level)
    application = build(settings)
    collect_garbage_less()
    application.start()
    threading.Thread(target=_stop_at_the_end, args=(application,), name="stop").start()
    return application.flask


def collect_garbage_less() -> None:
    """Look for cycles among what requests made, not among what stands for good, and less often.

    A scan makes objects by the hundred thousand, none of them in cycles: with Python's defaults the
    collector takes a quarter of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


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


def _ledger_of_reads(settings: Settings, index: Database) -> Database:
    if not index.is_sqlite:
        return index
    return _database(settings, f"sqlite:///{settings.data_dir.resolve()}/audit.db")


def _database(settings: Settings, url: str) -> Database:
    return Database(url, statement_timeout_s=settings.statement_timeout_s)


def _pixel_workers(settings: Settings) -> Workers:
    limits = WorkerLimits(
        count=settings.pixel_workers,
        memory_bytes=settings.pixel_memory_bytes,
        time_s=settings.pixel_time_s,
    )
    return Workers("medshare.imaging.workers.tasks", limits)
