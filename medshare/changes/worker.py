"""Delivering webhooks: one process at a time, each attempt in the trail before it leaves."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
import structlog

from medshare.changes import store
from medshare.changes.addresses import AddressPolicy
from medshare.changes.model import (
    Change,
    Delivery,
    DeliveryState,
    Subscription,
    next_attempt,
)
from medshare.changes.schemas import dump_change
from medshare.changes.sending import TIMEOUT_S, post
from medshare.changes.signing import secret_of, signed_headers
from medshare.infra.perform import Context, House, perform
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import system_principal

POLL_S = 1.0
BATCH = 32
# While an attempt runs no other begins; a crash in the middle is made good after this.
IN_HAND = timedelta(seconds=3 * TIMEOUT_S)
GONE = "410"
DELIVER = Operation(
    "changes.deliver", Public("A delivery of our own."), Recorded(AuditAction.EXPORT)
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt: what goes where."""

    delivery: Delivery
    subscription: Subscription
    change: Change


class WebhookWorker:
    """Delivers webhooks until it is stopped; one thread, started by whoever serves.

    Parameters
    ----------
    master
        What the secrets of subscriptions are derived from.
    may_run
        Says whether this process holds the lease; asked before every round.
    """

    def __init__(self, house: House, master: bytes, may_run: Callable[[], bool]) -> None:
        self._house = house
        self._master = master
        self._may_run = may_run
        self._policy = AddressPolicy(house.settings.webhook_addresses)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the attempt in hand and end the thread."""
        self._stopping.set()
        self._thread.join()

    def deliver_due(self) -> int:
        """Try what is due now; return how many attempts were made."""
        with self._house.database.read() as session:
            waiting = store.due(session, self._house.clock.now(), BATCH)
        for delivery in waiting:
            if self._stopping.is_set() or not self._may_run():
                break
            self._attempt(delivery)
        return len(waiting)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._may_run() and self.deliver_due() > 0
            except Exception:
                log.exception("webhook round failed")
                busy = False
            if not busy:
                self._stopping.wait(POLL_S)

    def _attempt(self, delivery: Delivery) -> None:
        parcel = perform(
            self._house,
            DELIVER,
            Origin(delivery.id),
            lambda: system_principal("webhooks"),
            lambda context: self._take_in_hand(context, delivery),
        )
        if parcel is None:
            return
        body = orjson.dumps(dump_change(parcel.change, parcel.subscription.facility))
        secret = secret_of(self._master, parcel.subscription.id)
        now = self._house.clock.now()
        headers = signed_headers(secret, delivery.id, now, body)
        answer = post(parcel.subscription.url, self._policy, headers, body)
        with self._house.database.write() as session:
            store.settle(session, settled(parcel.delivery, answer, self._house.clock.now()))
            if answer == GONE:
                store.stop(session, parcel.subscription.id)

    def _take_in_hand(self, context: Context, delivery: Delivery) -> Parcel | None:
        """Count the attempt and record it, before anything leaves.

        ``None`` when the subscription was removed since the round began.
        """
        with context.write() as uow:
            due_at = uow.now() + IN_HAND
            taken = replace(delivery, attempts=delivery.attempts + 1, due_at=due_at)
            store.settle(uow.session, taken)
            subscription = store.find_subscription(uow.session, delivery.subscription_id)
            context.touched(AuditObject("webhook", delivery.subscription_id))
            if subscription is None:
                context.concerns_nobody("webhook removed meanwhile")
                return None
            change = store.find_change(uow.session, delivery.sequence)
            subject = Subject(change.patient_id, change.record_id)
            if change.patient_id is None:
                context.concerns_nobody("patient not registered yet")
            else:
                context.concerns(subject)
        return Parcel(taken, subscription, change)


def settled(delivery: Delivery, answer: str, now: datetime) -> Delivery:
    """Return a delivery after an attempt: done on 2xx, else tried again until patience ends."""
    if answer.startswith("2"):
        return replace(delivery, state=DeliveryState.DELIVERED, answer=answer)
    again = next_attempt(delivery.attempts, now, delivery.give_up_at)
    if again is None or answer == GONE:
        return replace(delivery, state=DeliveryState.DEAD, answer=answer)
    return replace(delivery, due_at=again, answer=answer)
