"""The routes of the pages."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from medshare.access.keys import ServerKeys
from medshare.care import service as care
from medshare.imaging.documents import Documents
from medshare.infra.spool import Spool
from medshare.settings import Settings
from medshare.viewer.bundle import Bundle
from medshare.viewer.consoles.books import Books
from medshare.viewer.pages import Pages
from medshare.viewer.routes.account import account_routes
from medshare.viewer.routes.administration import administration_routes
from medshare.viewer.routes.auditor import auditor_routes
from medshare.viewer.routes.auditor_questions import audit_question_routes
from medshare.viewer.routes.embedded import embedded_routes
from medshare.viewer.routes.entry import entry_routes
from medshare.viewer.routes.exams import exam_routes
from medshare.viewer.routes.images import image_routes
from medshare.viewer.routes.launch import launch_routes
from medshare.viewer.routes.patients import patient_routes, search_routes
from medshare.viewer.routes.quality import quality_routes
from medshare.viewer.routes.quarantine import quarantine_routes
from medshare.viewer.routes.registers import register_routes
from medshare.viewer.routes.registrar import registrar_routes
from medshare.web.endpoint import Routes

STATIC = Path(str(files("medshare.viewer"))) / "static"


def viewer_routes(
    settings: Settings, keys: ServerKeys, spool: Spool, books: Books, documents: Documents
) -> Sequence[Routes]:
    """Return the routes of every page and of the parts that their scripts ask for.

    ``keys`` seal second factors; ``spool`` holds files while they are looked into; auditors are
    answered from ``books``; ``documents`` shows what is no image in a framed page.
    """
    pages = Pages(Bundle(STATIC), has_provider=bool(settings.oidc_issuer), zone=settings.time_zone)
    return [
        entry_routes(pages),
        *account_routes(pages, keys),
        search_routes(),
        patient_routes(pages),
        exam_routes(),
        launch_routes(pages),
        registrar_routes(pages),
        quarantine_routes(pages, spool),
        quality_routes(pages),
        auditor_routes(pages, books),
        *audit_question_routes(pages, books),
        register_routes(pages),
        administration_routes(pages),
        *embedded_routes(pages, documents),
        *image_routes(pages, care.windows(settings)),
    ]
