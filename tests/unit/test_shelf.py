"""What is known of instances is read once, up to a size."""

from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.shelf import Described, Shelf


def an_instance(key: int, blob: str = "dicom/0") -> RetrievedInstance:
    return RetrievedInstance(key, "2.999.1", "2.999.1.1", f"2.999.1.1.{key}", "", "", blob, 1)


def test_the_instances_shown_last_are_read_once() -> None:
    shelf, read = Shelf(limit_bytes=20), []

    def known(instance: RetrievedInstance, size: int = 10) -> Described:
        def describe() -> Described:
            read.append((instance.id, instance.blob_key))
            return Described({}, Layout((), None, is_deflated=False), size)

        return shelf.get_or_read(instance, describe)

    first, second, third = (an_instance(number) for number in (1, 2, 3))
    assert known(first) is known(first)
    known(second)
    known(first)
    known(third)  # the second makes room: the first was asked for after it
    known(first)
    known(second)
    known(an_instance(1, "dicom/1"))  # other bytes have other metadata
    assert read == [(1, "dicom/0"), (2, "dicom/0"), (3, "dicom/0"), (2, "dicom/0"), (1, "dicom/1")]
    known(third, size=21)  # and what is larger than the shelf leaves it empty
    known(third)
    assert read[5:] == [(3, "dicom/0")] * 2
