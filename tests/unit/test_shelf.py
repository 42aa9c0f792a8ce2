"""What is asked for again and again is made once, up to a size."""

from medshare.infra.shelf import Shelf


def test_what_was_asked_for_last_is_made_once() -> None:
    made: list[str] = []
    shelf: Shelf[str, bytes] = Shelf(len, limit_bytes=20)

    def get(key: str, size: int = 10) -> bytes:
        def make() -> bytes:
            made.append(key)
            return bytes(size)

        return shelf.get_or_make(key, make)

    assert get("first") is get("first")
    get("second")
    get("first")
    get("third")  # the second makes room: the first was asked for after it
    get("first")
    get("second")
    assert made == ["first", "second", "third", "second"]
    get("third", size=21)  # and what is larger than the shelf leaves it empty
    get("third")
    assert made[4:] == ["third", "third"]
