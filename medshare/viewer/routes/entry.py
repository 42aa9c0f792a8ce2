"""The way in: ``/``, the start page or the sign-in, scripts and styles, and wrong addresses."""

from http import HTTPStatus

from flask import Response, request

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, Unrecorded
from medshare.kernel.errors import NotFoundError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.viewer.navigation import HOME, places_of
from medshare.viewer.pages import Pages
from medshare.web.endpoint import Routes

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
WAY_IN = Public("Whoever is not signed in is shown how to sign in.")
NO_DATA = Unrecorded("Scripts and styles hold no data of persons.")


def entry_routes(pages: Pages) -> Routes:
    """Return what leads in."""
    routes = Routes(error_face=pages.refusal)

    @routes.endpoint("/", name="viewer.root", access=WAY_IN, audit=NO_DATA)
    def root(_context: Context) -> Response:
        """Lead to the start page."""
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": HOME})

    @routes.endpoint(
        HOME,
        name="viewer.home",
        access=WAY_IN,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def home(context: Context) -> Response:
        """Show people their start page, or lead to the only one; show others the sign-in."""
        start, places = _start_of(context), places_of(context.principal)
        if start == "start" and len(places) == 1:
            return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": places[0].address})
        return pages.answer(context.principal, start)

    @routes.endpoint(
        "/viewer/static/<path:name>", name="viewer.asset", access=WAY_IN, audit=NO_DATA
    )
    def asset(_context: Context, name: str) -> Response:
        """Send a script or a style; its name changes with its content."""
        found = pages.bundle.read(name)
        packed = bool(found.packed) and request.accept_encodings.quality("gzip") > 0
        response = Response(found.packed if packed else found.data, content_type=found.content_type)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = KEPT_FOR_EVER
        return response

    @routes.endpoint(
        "/viewer/<path:rest>",
        name="viewer.unmatched",
        access=WAY_IN,
        audit=Recorded(AuditAction.EXECUTE, about_patients=False),
    )
    def unmatched(_context: Context, rest: str) -> Response:
        """Say on a page that there is none."""
        del rest
        raise NotFoundError

    return routes


def _start_of(context: Context) -> str:
    """Return the name of the page that somebody starts at."""
    principal = context.principal
    if not principal.is_known:
        return "login"
    if principal.permissions == {Permission.SESSION} and principal.roles:
        return "password"  # of an account whose password was given to it
    return "search" if Permission.PATIENT_SEARCH in principal.permissions else "start"
