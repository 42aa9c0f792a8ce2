"""Use cases of the change feed and of subscriptions to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.changes import store
from medshare.changes.addresses import AddressPolicy, read_url
from medshare.changes.model import (
    BAD_URL,
    PATIENCE,
    WEBHOOKS_MAX,
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Feed,
    FeedQuery,
    Subscription,
    TooManyWebhooksError,
    WebhookUnknownError,
)
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode

REPLAY_MAX = 1000


@dataclass(frozen=True, slots=True)
class Listener:
    """A facility that listens, and how far its sight goes."""

    facility: FacilityCode
    visibility: Visibility
    windows: CareWindows


def read(uow: UnitOfWork, listener: Listener, query: FeedQuery) -> Feed:
    """Return the changes that a facility may hear of, after a number.

    ``next`` goes past what it may not hear of too, and never past a change that is yet to come.
    """
    latest = store.last_sequence(uow.session)
    seen = _seen(uow, listener)
    found = store.page(uow.session, seen, query.kinds, query.since, query.limit)
    full = len(found) == query.limit
    return Feed(found, found[-1].sequence if full else max(latest, query.since))


def subscribe(
    uow: UnitOfWork,
    listener: Listener,
    url: str,
    kinds: tuple[ChangeKind, ...],
    policy: AddressPolicy,
) -> Subscription:
    """Subscribe a facility; of every kind when none is named.

    Raises
    ------
    InvalidError
        The address may not be called.
    TooManyWebhooksError
        The facility has as many as it may.
    """
    if read_url(url, policy) is None:
        raise InvalidError(issues=[BAD_URL])
    if len(store.subscriptions(uow.session, listener.facility)) >= WEBHOOKS_MAX:
        raise TooManyWebhooksError
    subscription = Subscription(
        id=uow.new_key(),
        facility=listener.facility,
        url=url,
        kinds=kinds or tuple(ChangeKind),
        in_care=listener.visibility.facility_in_care is not None,
        created_at=uow.now(),
    )
    store.add_subscription(uow.session, subscription)
    return subscription


def own(uow: UnitOfWork, facility: FacilityCode) -> Sequence[Subscription]:
    """Return a facility's subscriptions, oldest first."""
    return store.subscriptions(uow.session, facility)


def get(uow: UnitOfWork, facility: FacilityCode, subscription_id: str) -> Subscription:
    """Return a facility's subscription.

    Raises
    ------
    WebhookUnknownError
        The facility has none of this id.
    """
    found = store.find_subscription(uow.session, subscription_id)
    if found is None or found.facility != facility:
        raise WebhookUnknownError
    return found


def unsubscribe(uow: UnitOfWork, facility: FacilityCode, subscription_id: str) -> None:
    """End a facility's subscription; what waits for it is dropped.

    Raises
    ------
    WebhookUnknownError
        The facility has none of this id.
    """
    store.remove_subscription(uow.session, get(uow, facility, subscription_id).id)


def deliveries(
    uow: UnitOfWork,
    subscription: Subscription,
    state: DeliveryState,
    *,
    cursor: str | None,
    limit: int,
) -> Page[Delivery]:
    """List a subscription's deliveries that stand so, oldest first."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    found = store.page_deliveries(uow.session, subscription.id, state, after=after, limit=limit + 1)
    shown = found[:limit]
    return Page(shown, write_cursor(shown[-1].id) if len(found) > limit else None)


def replay(
    uow: UnitOfWork, subscription: Subscription, windows: CareWindows, since: int | None
) -> int:
    """Queue again: the dead letters, or every change after a number; return how many.

    At most 1,000 changes at a time: go on from the last number that arrived.
    """
    now = uow.now()
    if since is None:
        return store.revive(uow.session, subscription.id, now, now + PATIENCE)
    seen = _seen(uow, _listener(subscription, windows))
    found = store.page(uow.session, seen, subscription.kinds, since, REPLAY_MAX)
    for each in found:
        _enqueue(uow, subscription, each.sequence)
    return len(found)


def append(uow: UnitOfWork, change: Change, windows: CareWindows) -> None:
    """Write down a change, and queue it for every subscription that may hear of it."""
    sequence = store.append(uow.session, change)
    if not store.somebody_listens(uow.session):
        return
    for each in store.subscriptions(uow.session):
        seen = _seen(uow, _listener(each, windows))
        if change.kind in each.kinds and store.is_seen_one(uow.session, sequence, seen):
            _enqueue(uow, each, sequence)


def _enqueue(uow: UnitOfWork, subscription: Subscription, sequence: int) -> None:
    now = uow.now()
    pending = DeliveryState.PENDING
    store.enqueue(
        uow.session,
        Delivery(uow.new_key(), subscription.id, sequence, pending, 0, now, now + PATIENCE),
    )


def _listener(subscription: Subscription, windows: CareWindows) -> Listener:
    facility = subscription.facility
    beyond = facility if subscription.in_care else None
    return Listener(facility, Visibility(own_facility=facility, facility_in_care=beyond), windows)


def _seen(uow: UnitOfWork, listener: Listener) -> store.Seen:
    return store.is_seen(listener.visibility, listener.facility, uow.now(), listener.windows)
