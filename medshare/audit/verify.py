"""The offline verifier of sealed exports: needs the file and the log's key, and no server.

What it finds is named by what was done to the file, with line and index.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson

from medshare.audit.balp import audit_events, server_of
from medshare.audit.leaf import DROPPED_TO, EXPORT_FORMAT, RETENTION, Part, Withheld, entry_of
from medshare.audit.projection import Projections
from medshare.audit.tree.merkle import EMPTY_ROOT, hash_children, hash_leaf
from medshare.audit.tree.notes import (
    BadNoteError,
    Checkpoint,
    VerifierKey,
    open_checkpoint,
    signature_by,
)
from medshare.audit.tree.tiles import HASH_BYTES, HEIGHT, WIDTH

FINDINGS_MAX = 100
EVENTS = b',"events":'
HEAD_BYTES = 512
"""The events of a line stand behind it: hash and leaf are longer."""
BEFORE_EVENTS = 5
"""Members of a line: ``index``, ``hash``, ``leaf``, ``who`` and ``about``."""


class Fault(StrEnum):
    """What can be wrong with an export."""

    UNREADABLE = "unreadable"
    ALTERED_LEAF = "altered-leaf"
    ALTERED_PART = "altered-part"
    EDITED_PROJECTION = "edited-projection"
    MISSING_ENTRY = "missing-entry"
    TRUNCATED = "truncated"
    WRONG_KEY = "wrong-key"
    WRONG_ROOT = "wrong-root"
    ROLLBACK = "rollback"
    REWRITTEN = "rewritten"
    UNWITNESSED = "unwitnessed"
    UNEXPLAINED_DROP = "unexplained-drop"
    KEPT_TOO_OLD = "kept-too-old"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, the line it stands in (from 1) and the index of the entry, where there is one."""

    fault: Fault
    line: int
    index: int | None
    detail: str


class Root:
    """The root of a tree whose leaves come one after the other."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, node: bytes, height: int = 0) -> None:
        """Add a leaf by its hash, or a subtree of ``2**height`` leaves where one may begin."""
        size, peaks = self.size >> height, self._peaks
        while size & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            size >>= 1
        peaks.append(node)
        self.size += 1 << height

    def value(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *left, root = self._peaks
        for peak in reversed(left):
            root = hash_children(peak, root)
        return root


@dataclass(slots=True)
class Verification:
    """What one pass over an export shows.

    Parameters
    ----------
    key
        The log's key, got from elsewhere than the export.
    kept
        A checkpoint that was kept from before, its signature checked.
    witnesses, quorum
        Keys of known witnesses, and how many of them must vouch for the log.
    vouched
        Up to which size each witness that vouches has seen the log as it stands in the export.
    """

    key: VerifierKey
    kept: Checkpoint | None = None
    witnesses: Sequence[VerifierKey] = ()
    quorum: int = 0
    vouched: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    left_out: int = 0
    forgotten: int = 0
    dropped: list[range] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    findings: list[Finding] = field(default_factory=list)
    _line: int = 0
    _root: Root = field(default_factory=Root)
    _gaps: bool = False
    _begun: bool = False
    _closed: bool = False
    _filtered: bool = False
    _explained: int = 0
    _compared: bool = False
    _cosigned: dict[int, list[tuple[str, bytes]]] = field(default_factory=dict)
    _server: str = field(init=False)
    _projections: Projections = field(init=False)

    def __post_init__(self) -> None:
        self._server = server_of(self.key.name)
        self._projections = Projections(self._server)

    def read(self, lines: Iterable[bytes]) -> None:
        """Look at every line of an export, and then at the whole."""
        for line in lines:
            self._line += 1
            if len(self.findings) >= FINDINGS_MAX:
                return
            self._read(line)
        if not self._begun:
            self._find(Fault.UNREADABLE, None, "the first line does not say what this is")
        if not self._closed:
            self._find(Fault.TRUNCATED, None, "the closing checkpoint is missing")
        if self.kept is not None and self._root.size < self.kept.size:
            self._find(
                Fault.ROLLBACK, None, f"the kept checkpoint has {self.kept.size} entries already"
            )
        self._judge_drops()
        if len(self.vouched) < self.quorum:
            detail = f"{len(self.vouched)} of the known witnesses vouch for the log"
            self._find(Fault.UNWITNESSED, None, detail)

    def _judge_drops(self) -> None:
        """Look whether an entry tells of what is dropped, and whether it hides what was kept."""
        dropped_to = max((each.stop for each in self.dropped), default=0)
        if dropped_to > self._explained and not self._filtered:
            detail = f"entries before {dropped_to} are dropped, and no entry tells of it"
            self._find(Fault.UNEXPLAINED_DROP, None, detail)
        if self.kept is not None and self.kept.size < dropped_to and not self._compared:
            detail = "the kept checkpoint ends among dropped entries; prove it by consistency"
            self._find(Fault.KEPT_TOO_OLD, None, detail)

    def _read(self, line: bytes) -> None:
        if not self._closed and not self._gaps and self._takes(line):
            return
        try:
            document = orjson.loads(line)
            if self._closed:
                self._find(Fault.UNREADABLE, None, "a line follows the closing checkpoint")
            elif "index" in document:
                self._entries(document)
            elif document.get("format") == EXPORT_FORMAT:
                self._begin(document)
            elif "checkpoint" in document:
                self._close(document["checkpoint"])
        except (AttributeError, KeyError, TypeError, ValueError):
            self._find(Fault.UNREADABLE, None, "not a line of an export")
            self._gaps = True

    def _begin(self, document: dict[str, Any]) -> None:
        """Take what an export says of itself: once, before anything else."""
        if self._line > 1:
            raise ValueError("a second beginning could hide what the first has promised")
        self._begun = True
        self._filtered = bool(document["filtered"])
        self._note_witnesses(document.get("cosigned", ()))

    def _takes(self, line: bytes) -> bool:
        """Take the line of an entry that is known to be in order; of others nothing is taken."""
        end = line.find(EVENTS, HEAD_BYTES)
        if end < 0:
            return False
        try:
            leaf_hash = self._sound_hash(line, end)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        if leaf_hash is None:
            return False
        self.entries += 1
        self._root.add(leaf_hash)
        self._compare()
        return True

    def _sound_hash(self, line: bytes, end: int) -> bytes | None:
        """Return the hash of an entry's leaf where everything about its line is known to hold.

        ``end`` is where the line's events begin; they are compared as bytes.
        """
        document = orjson.loads(line[:end] + b"}")
        text, who, about = document["leaf"], document["who"], document["about"]
        content = orjson.loads(text)
        leaf_hash = hash_leaf(text.encode())
        in_order = (
            document["index"] == self._root.size
            and document["hash"] == leaf_hash.hex()
            and content["who"] == _commitment(who)
            and content["about"] == _commitment(about)
            and content["operation"] != RETENTION
            and len(document) == BEFORE_EVENTS
        )
        if not in_order:
            return None
        parts = orjson.loads(who["text"]), orjson.loads(about["text"])
        events = self._projections.events(content, *parts)
        begin = end + len(EVENTS)
        if events is None or not line.startswith(events, begin):
            return None
        return leaf_hash if line[begin + len(events) :].rstrip() == b"}" else None

    def _entries(self, document: dict[str, Any]) -> None:
        index = document["index"]
        if index != self._root.size:
            self._find(Fault.MISSING_ENTRY, index, f"index {self._root.size} should stand here")
            self._gaps = True
            self._root.size = index
        if "dropped" in document:
            self._drop(base64.b64decode(document["dropped"], validate=True))
            return
        hashes = list(self._hashes(document))
        for each in hashes:
            self._root.add(each) if not self._gaps else self._count()
            self._compare()

    def _drop(self, joined: bytes) -> None:
        """Take the roots of bundles in the place of their leaves."""
        begin = self._root.size
        if begin % WIDTH or len(joined) % HASH_BYTES:
            raise ValueError("bundles begin at a multiple of their width")
        for at in range(0, len(joined), HASH_BYTES):
            if self._gaps:
                self._root.size += WIDTH
            else:
                self._root.add(joined[at : at + HASH_BYTES], HEIGHT)
            self._compare()
        self.dropped.append(range(begin, self._root.size))

    def _count(self) -> None:
        self._root.size += 1

    def _hashes(self, document: dict[str, Any]) -> Iterator[bytes]:
        if "hashes" in document:
            if not self._filtered:
                self._find(Fault.MISSING_ENTRY, document["index"], "left out, without a filter")
            joined = base64.b64decode(document["hashes"], validate=True)
            for at in range(0, len(joined), HASH_BYTES):
                self.left_out += 1
                yield joined[at : at + HASH_BYTES]
            return
        self.entries += 1
        self.forgotten += None in (document["who"], document["about"])
        self._explained = max(self._explained, _dropped_to(document["leaf"]))
        leaf_hash = hash_leaf(document["leaf"].encode())
        yield leaf_hash
        for fault, detail in _faults(document, leaf_hash, self._server):
            self._find(fault, document["index"], detail)

    def _note_witnesses(self, notes: Iterable[str]) -> None:
        """Note for which roots known witnesses have signed; a note that cannot be read is none."""
        for note in notes:
            with suppress(BadNoteError):
                checkpoint = open_checkpoint(note, self.key)
                signed = [each.name for each in self.witnesses if signature_by(each, note)]
                roots = self._cosigned.setdefault(checkpoint.size, [])
                roots += [(name, checkpoint.root) for name in signed]

    def _compare_with_witnesses(self) -> None:
        for name, root in self._cosigned.get(self._root.size, ()):
            if self._root.value() == root:
                self.vouched[name] = self._root.size
            else:
                detail = f"{name} signed for other entries up to here"
                self._find(Fault.REWRITTEN, self._root.size - 1, detail)

    def _compare(self) -> None:
        if not self._gaps:
            self._compare_with_witnesses()
        self._compare_with_kept()

    def _compare_with_kept(self) -> None:
        kept = self.kept
        if kept is None or self._gaps or self._root.size != kept.size:
            return
        self._compared = True
        if self._root.value() != kept.root:
            self._find(
                Fault.REWRITTEN,
                kept.size - 1,
                "entries up to here are not those that the kept checkpoint was signed for",
            )

    def _close(self, note: str) -> None:
        self._closed = True
        try:
            self.checkpoint = open_checkpoint(note or "", self.key)
        except BadNoteError:
            self._find(Fault.WRONG_KEY, None, f"the checkpoint is not signed by {self.key.name}")
            return
        if self._root.size < self.checkpoint.size:
            detail = f"entries end at {self._root.size} of {self.checkpoint.size}"
            self._find(Fault.TRUNCATED, self._root.size, detail)
        elif not self._gaps and (
            self._root.size != self.checkpoint.size or self._root.value() != self.checkpoint.root
        ):
            self._find(Fault.WRONG_ROOT, None, "the entries do not give the signed root")

    def _find(self, fault: Fault, index: int | None, detail: str) -> None:
        self.findings.append(Finding(fault, self._line, index, detail))


def _faults(document: dict[str, Any], leaf_hash: bytes, server: str) -> Iterator[tuple[Fault, str]]:
    """Yield what is wrong with an entry's line by itself; ``server`` is what names it in events."""
    leaf = document["leaf"]
    if leaf_hash.hex() != document["hash"]:
        yield Fault.ALTERED_LEAF, "the leaf's bytes are not those of its hash"
        return
    content = orjson.loads(leaf)
    withheld = Withheld(_part(document["who"]), _part(document["about"]))
    for name, part in (("who", withheld.who), ("about", withheld.about)):
        if part is not None and part.commitment != content[name]:
            yield Fault.ALTERED_PART, f"{name} is not what the leaf commits to"
            return
    if list(audit_events(entry_of(leaf, withheld), server)) != document["events"]:
        yield Fault.EDITED_PROJECTION, "the events do not follow from the leaf"


def _dropped_to(leaf: str) -> int:
    """Return how far the log was dropped as an entry of retention tells, 0 where it is none."""
    if RETENTION not in leaf:
        return 0
    content = orjson.loads(leaf)
    return content["counts"].get(DROPPED_TO, 0) if content["operation"] == RETENTION else 0


def _commitment(part: dict[str, str]) -> str:
    """Return the commitment to a part, as ``Part.commitment``."""
    return sha256(bytes.fromhex(part["salt"]) + part["text"].encode()).hexdigest()


def _part(part: dict[str, str] | None) -> Part | None:
    return Part(bytes.fromhex(part["salt"]), part["text"]) if part else None
