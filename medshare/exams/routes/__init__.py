"""``/api/v1/exams``, their reports, and the timeline of a patient's exams."""

from medshare.exams.routes.exams import routes as exam_routes
from medshare.exams.routes.reports import routes as report_routes

__all__ = ["exam_routes", "report_routes"]
