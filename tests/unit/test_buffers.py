"""Bytes on their way out."""

from medshare.imaging.buffers import gathered


def test_small_chunks_are_joined_and_large_ones_pass():
    chunks = [b"a" * 10, b"b" * 40_000, b"c" * 40_000, b"d" * 200_000, b"e"]

    joined = list(gathered(chunks))

    assert b"".join(joined) == b"".join(chunks)
    assert [len(each) for each in joined] == [80_010, 200_000, 1]
    assert list(gathered([])) == []
