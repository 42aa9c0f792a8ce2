"""The gate: who computes holds a token, who waits has laid it aside."""

import threading

from medshare.infra.gate import Gate


def passes(gate: Gate) -> bool:
    """Tell whether another thread gets through now."""
    through = threading.Event()

    def go() -> None:
        with gate.held():
            through.set()

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    return through.wait(0.05)


def test_nobody_computes_beside_those_who_hold_every_token() -> None:
    gate = Gate(1)
    with gate.held():
        assert not passes(gate)
    assert passes(gate)


def test_a_token_laid_aside_lets_another_through_and_is_taken_up_again() -> None:
    gate = Gate(1)
    with gate.held():
        with gate.laid_aside():
            assert passes(gate)
        assert not passes(gate)


def test_a_thread_that_holds_a_token_needs_no_other() -> None:
    gate = Gate(1)
    with gate.held():
        with gate.held():
            pass
        assert not passes(gate)


def test_there_is_nothing_to_lay_aside_outside() -> None:
    gate = Gate(1)
    with gate.laid_aside():
        assert passes(gate)
