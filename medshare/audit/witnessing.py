"""Cosignatures of known witnesses, collected: who else saw the log as it was.

References
----------
C2SP tlog-cosignature: a witness signs a checkpoint once it has seen that the log continues the one
that it signed last.
"""

from collections.abc import Sequence
from pathlib import Path

from medshare.audit.sealed_log import SealedLog
from medshare.audit.tree import store as tree
from medshare.audit.tree.notes import BadNoteError, VerifierKey, read_key, signature_by
from medshare.infra.db import Database
from medshare.kernel.errors import InvalidError
from medshare.kernel.ports import Clock


class CosignatureRefusedError(InvalidError):
    """It is no checkpoint of this log, or no known witness signed it."""

    slug = "cosignature-refused"
    title = "Send a checkpoint of this log, as it was handed out, cosigned by a known witness"
    title_zh = "请提交本日志发布的检查点，并附有已登记见证方的联合签名"


class Witnesses:
    """Keeps the cosignatures of known witnesses, beside the checkpoints that they are of.

    Parameters
    ----------
    ledger
        The one that holds the tree.
    keys
        Of the witnesses whose signatures count here.
    """

    def __init__(
        self, ledger: Database, log: SealedLog, keys: Sequence[VerifierKey], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._keys = keys
        self._clock = clock

    def take(self, note: str) -> str:
        """Keep the cosignatures of a checkpoint; return it with all that are known of it.

        Raises
        ------
        CosignatureRefusedError
            It is no checkpoint of this log, or no known witness signed it.
        """
        try:
            checkpoint = self._log.opened(note)
            lines = {each.name: line for each in self._keys if (line := signature_by(each, note))}
            standing = self._log.checkpoint_at(checkpoint.size)
            if not lines or standing is None or self._log.opened(standing) != checkpoint:
                raise CosignatureRefusedError
        except BadNoteError:
            raise CosignatureRefusedError from None
        with self._ledger.write() as session:
            for name, line in sorted(lines.items()):
                tree.put_cosignature(session, checkpoint.size, name, line, self._clock.now())
        return self._log.checkpoint_at(checkpoint.size) or standing


def read_witnesses(file: Path | None) -> list[VerifierKey]:
    """Read the keys of known witnesses: a C2SP verifier key a line, ``#`` before remarks.

    Raises
    ------
    BadNoteError
        A line is no key.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    return [read_key(each) for each in lines if each.strip() and not each.startswith("#")]
