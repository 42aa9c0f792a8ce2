"""Pieces of deflate: joined in any way they are one legal gzip member of the same text."""

import gzip
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from medshare.infra.deflate import combine, continued, deflate, gzip_array, inflate, plain_array

texts = st.lists(st.dictionaries(st.text(max_size=8), st.integers()), min_size=1, max_size=5)


def written(values: list[dict[str, int]]) -> bytes:
    return json.dumps(values).encode()[1:-1]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_checksum_is_combined_from_those_of_the_parts(first: bytes, second: bytes) -> None:
    assert combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(texts, texts)
def test_a_continued_piece_is_the_piece_of_the_whole_text(
    first: list[dict[str, int]], second: list[dict[str, int]]
) -> None:
    begun, more = written(first), b"," + written(second)
    whole = continued(deflate(begun), deflate(more, begun))

    assert inflate(whole) == begun + more
    assert (whole.crc32, whole.raw_bytes) == (zlib.crc32(begun + more), len(begun + more))


@given(st.lists(texts, max_size=4))
def test_joined_pieces_are_one_gzip_member_of_an_array(parts: list[list[dict[str, int]]]) -> None:
    pieces = [deflate(written(each)) for each in parts]
    expected = [value for each in parts for value in each]

    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    text = reader.decompress(gzip_array(pieces))

    assert reader.eof
    assert not reader.unused_data
    assert json.loads(text) == expected
    assert text == plain_array(pieces) == gzip.decompress(gzip_array(pieces))
