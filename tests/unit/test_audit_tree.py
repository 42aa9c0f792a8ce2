"""The tree: RFC 9162 proofs, C2SP tiles and signed checkpoints."""

from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from medshare.audit.tree.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    extends,
    hash_children,
    hash_leaf,
    includes,
    inclusion_proof,
    root_of,
)
from medshare.audit.tree.notes import (
    BadNoteError,
    Checkpoint,
    Signer,
    open_checkpoint,
    read_key,
)
from medshare.audit.tree.tiles import HASH_BYTES, WIDTH, Tiles, pack, unpack

LARGEST = 700
LEAVES = [hash_leaf(str(number).encode()) for number in range(LARGEST)]


def grown(size: int) -> Tiles:
    tiles = Tiles(lambda _place: b"", 0)
    for each in LEAVES[:size]:
        tiles.append(each)
    return tiles


TREE = grown(LARGEST)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hash_children(naive_root(leaves[:split]), naive_root(leaves[split:]))


def test_the_known_root_of_seven_leaves() -> None:
    """The vector that Certificate Transparency implementations share."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    tiles = Tiles(lambda _place: b"", 0)
    for each in data:
        tiles.append(hash_leaf(bytes.fromhex(each)))
    assert root_of(tiles.node, 7).hex() == (
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    )


@given(st.integers(0, LARGEST))
def test_the_root_over_tiles_is_the_definition_s(size: int) -> None:
    assert root_of(TREE.node, size) == naive_root(LEAVES[:size])


@given(st.integers(1, LARGEST), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    root = root_of(TREE.node, size)
    proof = inclusion_proof(TREE.node, index, size)
    assert includes(LEAVES[index], index, size, proof, root)
    assert includes(LEAVES[other], index, size, proof, root) == (other == index)
    assert includes(LEAVES[index], other, size, proof, root) == (other == index)
    assert not includes(LEAVES[index], index, size, [*proof, root], root)
    assert not includes(LEAVES[index], size, size, proof, root)
    assert not proof or not includes(LEAVES[index], index, size, proof[:-1], root)


@given(st.integers(0, LARGEST), st.data())
def test_a_consistency_proof_holds_for_its_two_roots_alone(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    before, after = root_of(TREE.node, old), root_of(TREE.node, new)
    proof = consistency_proof(TREE.node, old, new)
    assert extends(old, before, new, after, proof)
    wrong = hash_leaf(b"wrong")
    assert not extends(old, wrong, new, after, proof)
    assert old == 0 or not extends(old, before, new, wrong, proof)
    assert not extends(old, before, new, after, [*proof, wrong])
    assert old in (0, new) or not extends(old, before, new, after, proof[:-1])
    assert old == new or not extends(new, after, old, before, proof)


@given(st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_a_tree_that_goes_on_from_what_was_stored_is_the_same(first: int, second: int) -> None:
    old, new = sorted((first, second))
    stored = grown(old).changed
    tiles = Tiles(lambda place: stored.get(place, b""), old)
    for each in LEAVES[old:new]:
        tiles.append(each)
    assert root_of(tiles.node, new) == naive_root(LEAVES[:new])
    assert stored | tiles.changed == grown(new).changed


def test_full_tiles_hold_256_hashes_and_the_next_level_their_roots() -> None:
    assert {place: len(tile) // HASH_BYTES for place, tile in TREE.changed.items()} == {
        (0, 0): WIDTH,
        (0, 1): WIDTH,
        (0, 2): LARGEST - 2 * WIDTH,
        (1, 0): 2,
    }


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_gives_its_leaves_back(leaves: list[bytes]) -> None:
    assert list(unpack(pack(leaves))) == leaves


SIGNER = Signer("log.example/audit", Ed25519PrivateKey.from_private_bytes(b"1" * 32))
CHECKPOINT = Checkpoint("log.example/audit", 7, b"r" * 32)


def test_a_checkpoint_opens_with_the_key_that_signed_it() -> None:
    key = read_key(str(SIGNER.verifier))
    assert open_checkpoint(SIGNER.sign(CHECKPOINT), key) == CHECKPOINT


def test_a_witness_s_line_stands_beside_the_log_s() -> None:
    witness = Signer("hospital-b", Ed25519PrivateKey.from_private_bytes(b"2" * 32))
    note = SIGNER.sign(CHECKPOINT) + witness.cosign(CHECKPOINT, 1_795_000_000)
    assert open_checkpoint(note, SIGNER.verifier) == CHECKPOINT
    assert open_checkpoint(note, read_key(str(witness.witness))) == CHECKPOINT
    with pytest.raises(BadNoteError):
        open_checkpoint(note, witness.verifier)


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n7\n", "\n8\n"), ("log.example/audit\n", "log.example/other\n"), ("\u2014", "-")],
)
def test_a_changed_checkpoint_does_not_open(old: str, new: str) -> None:
    with pytest.raises(BadNoteError):
        open_checkpoint(SIGNER.sign(CHECKPOINT).replace(old, new, 1), SIGNER.verifier)


@pytest.mark.parametrize(
    "note", ["", "\n\n", "a\n1\nYQ==\n\n", "a\n\n\u2014 b !\n", "a\n\n\u2014\n"]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(BadNoteError):
        open_checkpoint(note, SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+!", "log.example+00000000+AQ=="])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadNoteError):
        read_key(text)
