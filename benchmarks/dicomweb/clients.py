"""Several clients that store at once: how many instances a second a server takes."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.dicomweb.measure import Answer, Connection, Exchange, Server, WrongAnswerError
from benchmarks.dicomweb.operations import store
from benchmarks.dicomweb.report import Rate
from benchmarks.dicomweb.workload import FULL_SIDE, NEWCOMER, Study, make_instances

CLIENTS = (1, 4)
BATCHES = (10, 50)
REQUESTS = 2
FIRST_STUDY = 5_000_000


@dataclass(slots=True)
class _Client:
    """One client, its exchanges and the answers that it got."""

    exchanges: Sequence[Exchange]
    answers: list[Answer]


def rates(ours: Server, theirs: Server, rounds: int) -> list[Rate]:
    """Let both servers store for one and for four clients, in turns.

    Raises
    ------
    WrongAnswerError
        A server did not store everything.
    """
    found = []
    number = FIRST_STUDY
    for slices in BATCHES:
        for clients in CLIENTS:
            rate = Rate(f"STOW, {slices} CT slices, {clients} client{'s'[: clients > 1]}", [], [])
            for each in range(rounds):
                work = _work(number, clients, slices)
                number += clients * REQUESTS
                turns = [(ours, rate.ours), (theirs, rate.theirs)]
                for server, series in turns if each % 2 == 0 else reversed(turns):
                    series.append(clients * REQUESTS * slices / _elapsed_s(server, work))
            found.append(rate)
    return found


def _work(first: int, clients: int, slices: int) -> list[list[Exchange]]:
    """Return what each client stores: studies that nobody stored before."""
    return [
        [
            store(list(make_instances(Study(number, NEWCOMER), slices, FULL_SIDE)))
            for number in range(first + client * REQUESTS, first + (client + 1) * REQUESTS)
        ]
        for client in range(clients)
    ]


def _elapsed_s(server: Server, work: Sequence[Sequence[Exchange]]) -> float:
    clients = [_Client(exchanges, []) for exchanges in work]
    authorisation = server.authorise()
    ready = threading.Barrier(len(clients) + 1)

    def run(client: _Client) -> None:
        with Connection(server.port) as connection:
            ready.wait()
            for each in client.exchanges:
                client.answers.append(connection.ask(each.request, authorisation))

    threads = [threading.Thread(target=run, args=(each,)) for each in clients]
    for each in threads:
        each.start()
    ready.wait()
    start = time.perf_counter()
    for each in threads:
        each.join()
    elapsed_s = time.perf_counter() - start
    for client in clients:
        if len(client.answers) != len(client.exchanges):
            raise WrongAnswerError("a client got no whole answer")
        for exchange, answer in zip(client.exchanges, client.answers, strict=True):
            exchange.check(answer)
    return elapsed_s
