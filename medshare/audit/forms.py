"""The forms in which the trail leaves: sealed, AuditEvents, DICOM audit messages, a table."""

from collections.abc import Iterator

from medshare.audit.audit_message import message_lines
from medshare.audit.balp import audit_events, server_of
from medshare.audit.export import ndjson, sealed_lines
from medshare.audit.model import EventQuery, ExportFormat
from medshare.audit.schemas import COLUMNS, dump_row
from medshare.audit.sealed_log import SealedLog
from medshare.audit.sequencer import Sequencer
from medshare.audit.trail import Trail
from medshare.web.tables import csv_lines


def export_lines(
    trail: Trail, sequencer: Sequencer, log: SealedLog, query: EventQuery, form: ExportFormat
) -> Iterator[bytes]:
    """Yield an export of the entries that fit, line by line; sealed, what waits is sealed first."""
    if form is ExportFormat.CSV:
        return csv_lines(COLUMNS, map(dump_row, trail.entries(query)))
    server = server_of(log.key.name)
    if form is ExportFormat.DICOM:
        return message_lines(trail.entries(query), server)
    if form is ExportFormat.FHIR:
        return ndjson(
            event for entry in trail.entries(query) for event in audit_events(entry, server)
        )
    trail.close_study_reads()
    sequencer.seal_all()
    return ndjson(sealed_lines(trail.ledgers, trail.vault, log, query))
