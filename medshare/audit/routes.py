"""``/api/v1/audit``."""

import base64
import re
from dataclasses import dataclass
from itertools import chain

from flask import Flask, Response

from medshare.audit.anomalies.service import Detector
from medshare.audit.digest.follower import Digest
from medshare.audit.forms import export_lines
from medshare.audit.holds.service import Holds
from medshare.audit.model import ExportFormat
from medshare.audit.schemas import (
    dump_consistency,
    dump_event,
    dump_inclusion,
    load_checkpoint,
    load_consistency,
    load_event_page,
    load_export,
    load_note,
)
from medshare.audit.sealed_log import SealedLog
from medshare.audit.sequencer import Sequencer
from medshare.audit.trail import Trail
from medshare.audit.tree.tiles import WIDTH, Place
from medshare.audit.witnessing import Witnesses
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.kernel.ports import PatientAliases
from medshare.web.answers import json_answer, page_answer
from medshare.web.endpoint import Routes
from medshare.web.tables import CSV

NDJSON = "application/x-ndjson"
NOTE = "text/plain; charset=utf-8"
LEAVES_AS = {
    ExportFormat.CSV: (CSV, "csv"),
    ExportFormat.DICOM: ("application/xml", "xml"),
}
TILE = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
LEVEL = re.compile(r"[0-7]")
OF_WITNESSES = Public("A signature proves by itself which witness made it.")
FOR_WITNESSES = Public("It tells how far the log is, and nothing of what stands in it.")


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals the trail, what it has sealed, what auditors are answered from, and what stays."""

    sequencer: Sequencer
    log: SealedLog
    witnesses: Witnesses
    digest: Digest
    detector: Detector
    holds: Holds

    def settle(self) -> None:
        """Seal what waits, and bring the digest up to date."""
        self.sequencer.seal_all()
        self.digest.catch_up()

    def judge(self) -> None:
        """Do the same, and look for anomalies in it."""
        self.settle()
        self.detector.catch_up()


def audit_routes(trail: Trail, sealing: Sealing, aliases: PatientAliases) -> Routes:
    """Return what auditors ask."""
    routes = Routes()

    @routes.endpoint(
        "/api/v1/audit/events",
        name="audit.search",
        access=Permission.AUDIT_SEARCH,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )
    def search(context: Context) -> Response:
        """Answer a question to the trail, newest first."""
        arguments = load_event_page(aliases)
        page = trail.page(arguments.query, cursor=arguments.cursor, limit=arguments.limit)
        context.counted(entries=len(page.items))
        return page_answer(page, [dump_event(each) for each in page.items])

    @routes.endpoint(
        "/api/v1/audit/export",
        name="audit.export",
        access=Permission.AUDIT_READ,
        audit=Recorded(AuditAction.EXPORT, about_patients=False),
        step_up=True,
    )
    def export(_context: Context) -> Response:
        """Stream the entries that fit, sealed or in another form."""
        query, form = load_export(aliases)
        lines = export_lines(trail, sealing.sequencer, sealing.log, query, form)
        # The first lines are read before the answer begins: a ledger that is away gives 503, and
        # not an export that is empty.
        first = [next(lines, b""), next(lines, b"")]
        kind, ending = LEAVES_AS.get(form, (NDJSON, "ndjson"))
        response = Response(chain(first, lines), content_type=kind)
        response.headers["Content-Disposition"] = f'attachment; filename="audit.{ending}"'
        return response

    @routes.endpoint(
        "/api/v1/audit/events/<entry_id>/proof",
        name="audit.prove-inclusion",
        access=Permission.AUDIT_READ,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def prove_inclusion(context: Context, entry_id: str) -> Response:
        """Prove that an entry stands in the sealed log."""
        sealing.sequencer.seal_all()
        proof = sealing.log.inclusion(entry_id)
        if proof is None:
            raise NotFoundError
        context.touched(AuditObject("audit-entry", entry_id))
        return json_answer(dump_inclusion(proof))

    return routes


def sealed_log_routes(log: SealedLog, witnesses: Witnesses) -> Routes:
    """Return what witnesses ask of the log: its checkpoint, its tiles and their consistency."""
    routes = Routes()
    recorded = Recorded(AuditAction.READ, about_patients=False)

    @routes.endpoint(
        "/api/v1/audit/checkpoint",
        name="audit.checkpoint",
        access=FOR_WITNESSES,
        audit=recorded,
    )
    def checkpoint(_context: Context) -> Response:
        """Answer the newest checkpoint that so many witnesses signed, a C2SP signed note."""
        note = log.cosigned(load_checkpoint())
        if note is None:
            raise NotFoundError
        return Response(note, content_type=NOTE)

    @routes.endpoint(
        "/api/v1/audit/cosignatures",
        method="POST",
        name="audit.cosign",
        access=OF_WITNESSES,
        audit=Recorded(AuditAction.CREATE, about_patients=False),
    )
    def cosign(context: Context) -> Response:
        """Keep a witness's signature under a checkpoint."""
        note = witnesses.take(load_note())
        context.touched(AuditObject("checkpoint", str(log.opened(note).size)))
        return Response(note, content_type=NOTE)

    @routes.endpoint(
        "/api/v1/audit/consistency",
        name="audit.prove-consistency",
        access=FOR_WITNESSES,
        audit=recorded,
    )
    def prove_consistency(_context: Context) -> Response:
        """Prove that the log of one size continues that of another."""
        old, new = load_consistency()
        hashes = log.consistency(old, new)
        if hashes is None:
            raise NotFoundError
        return json_answer(dump_consistency(old, new, hashes))

    @routes.endpoint(
        "/api/v1/audit/tile/<level>/<path:number>",
        name="audit.tile",
        access=FOR_WITNESSES,
        audit=recorded,
    )
    def tile(_context: Context, level: str, number: str) -> Response:
        """Answer a tile by its C2SP path."""
        place, width = _place(level, number)
        hashes = log.tile(place, width)
        if hashes is None:
            raise NotFoundError
        return Response(hashes, content_type="application/octet-stream")

    return routes


def _place(level: str, number: str) -> tuple[Place, int]:
    """Read the end of a tile's path, such as ``0/x001/234`` or ``1/005.p/12``.

    Raises
    ------
    NotFoundError
        It is no path of a tile.
    """
    matched = TILE.fullmatch(number)
    if not matched or not LEVEL.fullmatch(level):
        raise NotFoundError
    high, low, part = matched.groups()
    width = int(part) if part else WIDTH
    digits = high.replace("x", "").replace("/", "") + low
    if (part and width >= WIDTH) or len(digits) > len(str(2**53)):
        raise NotFoundError
    return (int(level), int(digits)), width


def show_checkpoint(app: Flask, log: SealedLog) -> None:
    """Hand the newest checkpoint that this process knows to everybody, with every answer.

    Whoever keeps one can show later that the log was rolled back or rewritten.
    """

    @app.after_request
    def add_checkpoint(response: Response) -> Response:
        if log.newest is not None:
            note = base64.b64encode(log.newest.encode()).decode()
            response.headers["X-Audit-Checkpoint"] = note
        return response
