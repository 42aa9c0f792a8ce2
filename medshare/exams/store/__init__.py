"""Rows and queries of exams, items and report versions."""

from medshare.exams.store.exams import (
    add_exam,
    attach_waiting,
    change_exam,
    find_by_accession,
    find_status,
    hold_own,
    hold_version,
    is_own,
    link_of_accession,
    link_of_study,
    set_current_report,
    subjects_of,
)
from medshare.exams.store.items import (
    find_item,
    item_names,
    known_items,
    local_uses,
    managed_items,
    put_items,
)
from medshare.exams.store.priors import priors_seen
from medshare.exams.store.reports import (
    add_report,
    find_equal_report,
    find_report,
    observed_seen,
    reports_of,
)
from medshare.exams.store.seen import find_seen, page_seen

__all__ = [
    "add_exam",
    "add_report",
    "attach_waiting",
    "change_exam",
    "find_by_accession",
    "find_equal_report",
    "find_item",
    "find_report",
    "find_seen",
    "find_status",
    "hold_own",
    "hold_version",
    "is_own",
    "item_names",
    "known_items",
    "link_of_accession",
    "link_of_study",
    "local_uses",
    "managed_items",
    "observed_seen",
    "page_seen",
    "priors_seen",
    "put_items",
    "reports_of",
    "set_current_report",
    "subjects_of",
]
