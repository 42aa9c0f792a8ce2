"""Links of other systems that ask for a patient or a study (IHE Invoke Image Display, RAD-106)."""

from http import HTTPStatus

from flask import Response

from medshare.access import launches
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.errors import NotFoundError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.viewer.launch import Wanted, place_of
from medshare.viewer.pages import Pages
from medshare.viewer.schemas import load_image_display
from medshare.web.answers import lead_on
from medshare.web.endpoint import Routes

ANYBODY = Public("The link is kept and shows nothing; whoever follows it signs in.")


def launch_routes(pages: Pages) -> Routes:
    """Return the address that links go to, and the ticket's that takes its place."""
    routes = Routes(error_face=pages.refusal)

    @routes.endpoint(
        "/IHEInvokeImageDisplay",
        name="iid.invoke",
        access=ANYBODY,
        audit=Recorded(AuditAction.EXECUTE, about_patients=False),
    )
    def invoke(context: Context) -> Response:
        """Keep what is asked for, and lead on to an address that identifies nobody."""
        wanted = load_image_display(context.house.settings.time_zone)
        with context.write() as uow:
            ticket = launches.keep(uow, wanted.write())
        address = f"/viewer/launch/{ticket}"
        if context.principal.is_known:
            return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
        return lead_on(address)

    @routes.endpoint(
        "/viewer/launch/<ticket>",
        name="iid.launch",
        access=Permission.EXAM_SEARCH,
        audit=Recorded(AuditAction.SEARCH),
    )
    def launch(context: Context, ticket: str) -> Response:
        """Lead whoever is signed in to the page that was asked for, once."""
        with context.write() as uow:
            asked = launches.take(uow, ticket)
            if asked is None:
                raise NotFoundError
            context.query = asked
            place = place_of(context, uow, Wanted.read(asked))
            context.concerns(*place.subjects)
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": place.address})

    return routes
