"""Exams and their reports in and out of JSON."""

from medshare.exams.schemas.exams import (
    ExamChangeSchema,
    ExamListSchema,
    ExamOrderSchema,
    ExamSchema,
    dump_exam,
    load_change,
    load_order,
)
from medshare.exams.schemas.questions import (
    ExamSearchSchema,
    Question,
    TimelineSchema,
    dump_search,
    load_search,
    load_timeline,
)
from medshare.exams.schemas.reports import (
    PDF,
    ReportDraftSchema,
    ReportListSchema,
    ReportSchema,
    SentReport,
    dump_report,
    load_report,
)

__all__ = [
    "PDF",
    "ExamChangeSchema",
    "ExamListSchema",
    "ExamOrderSchema",
    "ExamSchema",
    "ExamSearchSchema",
    "Question",
    "ReportDraftSchema",
    "ReportListSchema",
    "ReportSchema",
    "SentReport",
    "TimelineSchema",
    "dump_exam",
    "dump_report",
    "dump_search",
    "load_change",
    "load_order",
    "load_report",
    "load_search",
    "load_timeline",
]
