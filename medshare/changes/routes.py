"""``/api/v1/changes`` and ``/api/v1/webhooks``."""

from http import HTTPStatus
from uuid import UUID

from flask import Response

from medshare.access.model import clinical_visibility, own_facility
from medshare.care import service as care
from medshare.changes import service
from medshare.changes.addresses import AddressPolicy
from medshare.changes.schemas import (
    dump_delivery,
    dump_feed,
    dump_webhook,
    load_delivery_query,
    load_feed_query,
    load_replay,
    load_webhook,
)
from medshare.changes.service import Listener
from medshare.changes.signing import secret_of, show_secret
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, no_content, page_answer
from medshare.web.endpoint import Routes

WEBHOOKS = "/api/v1/webhooks"
WEBHOOK = f"{WEBHOOKS}/<uuid:webhook_id>"
feed_routes = Routes()


@feed_routes.endpoint(
    "/api/v1/changes",
    name="changes.read",
    access=Permission.CHANGE_READ,
    audit=Recorded(AuditAction.SEARCH),
)
def read(context: Context) -> Response:
    """Show what has changed after a number, in order."""
    listener = _listener(context)
    query = load_feed_query()
    with context.read() as uow:
        feed = service.read(uow, listener, query)
    context.counted(changes=len(feed.changes))
    subjects = [Subject(each.patient_id, each.record_id) for each in feed.changes]
    if subjects:
        context.concerns(*(each for each in subjects if each.patient_id or each.record_id))
    else:
        context.concerns_nobody("nothing found")
    return json_answer(dump_feed(feed, listener.facility))


def webhook_routes(master: bytes) -> Routes:
    """Return the routes of subscriptions.

    Parameters
    ----------
    master
        What the secrets of subscriptions are derived from.
    """
    routes = Routes()

    @routes.endpoint(
        WEBHOOKS,
        method="POST",
        name="changes.subscribe",
        access=Permission.CHANGE_WRITE,
        audit=Recorded(AuditAction.CREATE, about_patients=False),
    )
    def subscribe(context: Context) -> Response:
        """Let the facility hear of changes at an address; the secret is shown this once."""
        listener = _listener(context)
        url, kinds = load_webhook()
        policy = AddressPolicy(context.house.settings.webhook_addresses)
        with context.write() as uow:
            made = service.subscribe(uow, listener, url, kinds, policy)
            context.touched(AuditObject("webhook", made.id))
        secret = show_secret(secret_of(master, made.id))
        return created(dump_webhook(made, secret), f"{WEBHOOKS}/{made.id}")

    return routes


@feed_routes.endpoint(
    WEBHOOKS,
    name="changes.list-webhooks",
    access=Permission.CHANGE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_webhooks(context: Context) -> Response:
    """List the facility's subscriptions."""
    with context.read() as uow:
        found = service.own(uow, own_facility(context.principal))
    return json_answer({"items": [dump_webhook(each) for each in found]})


@feed_routes.endpoint(
    WEBHOOK,
    name="changes.get-webhook",
    access=Permission.CHANGE_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get_webhook(context: Context, webhook_id: UUID) -> Response:
    """Show one of the facility's subscriptions."""
    with context.read() as uow:
        found = service.get(uow, own_facility(context.principal), str(webhook_id))
    return json_answer(dump_webhook(found))


@feed_routes.endpoint(
    WEBHOOK,
    method="DELETE",
    name="changes.unsubscribe",
    access=Permission.CHANGE_WRITE,
    audit=Recorded(AuditAction.DELETE, about_patients=False),
)
def unsubscribe(context: Context, webhook_id: UUID) -> Response:
    """End one of the facility's subscriptions."""
    with context.write() as uow:
        service.unsubscribe(uow, own_facility(context.principal), str(webhook_id))
        context.touched(AuditObject("webhook", str(webhook_id)))
    return no_content()


@feed_routes.endpoint(
    f"{WEBHOOK}/deliveries",
    name="changes.list-deliveries",
    access=Permission.CHANGE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_deliveries(context: Context, webhook_id: UUID) -> Response:
    """List what waits for a subscription, arrived, or could not be delivered."""
    asked = load_delivery_query()
    with context.read() as uow:
        found = service.get(uow, own_facility(context.principal), str(webhook_id))
        page = service.deliveries(uow, found, asked.state, cursor=asked.cursor, limit=asked.limit)
    return page_answer(page, [dump_delivery(each) for each in page.items])


@feed_routes.endpoint(
    f"{WEBHOOK}/replay",
    method="POST",
    name="changes.replay",
    access=Permission.CHANGE_WRITE,
    audit=Recorded(AuditAction.EXECUTE, about_patients=False),
)
def replay(context: Context, webhook_id: UUID) -> Response:
    """Tell a subscription again: the dead letters, or every change after a number."""
    since = load_replay()
    windows = care.windows(context.house.settings)
    with context.write() as uow:
        found = service.get(uow, own_facility(context.principal), str(webhook_id))
        queued = service.replay(uow, found, windows, since)
        context.touched(AuditObject("webhook", found.id))
    return json_answer({"queued": queued}, HTTPStatus.ACCEPTED)


def _listener(context: Context) -> Listener:
    visibility = clinical_visibility(context.principal)
    windows = care.windows(context.house.settings)
    return Listener(own_facility(context.principal), visibility, windows)
