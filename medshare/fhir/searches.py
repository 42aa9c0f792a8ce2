"""How a search was asked, and the addresses of its pages.

What was asked in a body stays out of addresses: that of its next page holds it encrypted, for the
caller who asked.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from flask import request

from medshare.access.keys import ServerKeys
from medshare.access.sealed_texts import NONCE_BYTES, SealBrokenError, seal, unseal
from medshare.fhir.schemas import load_format
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.principal import Principal
from medshare.web.body import form_pairs

CURSOR = "_cursor"
SEALED = "~"
"""What a cursor begins with that holds its search, encrypted."""
BESIDE_SEALED = {CURSOR, "_format"}
PAGE_UNKNOWN = Issue(
    "/_cursor",
    "cursor",
    "Follow the link as an earlier page gave it to you, or search anew.",
    "请原样使用上一页提供给您的链接，或重新检索。",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was asked.

    Parameters
    ----------
    pairs
        Names and values in order, with the place of the page.
    in_body
        Whether the search itself stood in no address.
    """

    pairs: Sequence[tuple[str, str]]
    in_body: bool

    @property
    def criteria(self) -> Sequence[tuple[str, str]]:
        """What was asked, without the place of the page."""
        return [(name, value) for name, value in self.pairs if name != CURSOR]

    def without(self, names: Collection[str]) -> "Asked":
        """Return the search without some parameters."""
        kept = [(name, value) for name, value in self.pairs if name not in names]
        return replace(self, pairs=kept)

    @property
    def text(self) -> str:
        """The search in one text, as the trail keeps it."""
        return urlencode(self.criteria)


class Searches:
    """Reads the searches of a kind of resource; ``path`` is its address."""

    def __init__(self, path: str, keys: ServerKeys) -> None:
        self._path = path
        self._keys = keys

    def read(self, caller: Principal) -> Asked:
        """Read a search from the query string, the form of ``_search`` or a cursor that holds it.

        Raises
        ------
        InvalidError
            The cursor was not given to this caller, or stands beside other parameters.
        """
        if request.method == "POST":
            load_format()
            return Asked(form_pairs(), in_body=True)
        cursor = request.args.get(CURSOR, "")
        if cursor.startswith(SEALED):
            return Asked(self._opened(caller, cursor), in_body=True)
        return Asked(list(request.args.items(multi=True)), in_body=False)

    def own(self, asked: Asked) -> str:
        """Return the address of the page that was asked for."""
        if asked.in_body or not asked.pairs:
            return self._path
        return f"{self._path}?{urlencode(asked.pairs)}"

    def further(self, asked: Asked, caller: Principal, cursor: str) -> str:
        """Return the address of the page behind a cursor."""
        query = urlencode([*asked.criteria, (CURSOR, cursor)])
        if asked.in_body:
            nonce = secrets.token_bytes(NONCE_BYTES)
            sealed = seal(self._keys, self._owner(caller), query, nonce)
            query = urlencode({CURSOR: f"{SEALED}{sealed}"})
        return f"{self._path}?{query}"

    def _opened(self, caller: Principal, cursor: str) -> list[tuple[str, str]]:
        if request.args.keys() - BESIDE_SEALED:
            raise InvalidError(issues=[PAGE_UNKNOWN])
        try:
            query = unseal(self._keys, self._owner(caller), cursor.removeprefix(SEALED))
            return parse_qsl(query, keep_blank_values=True)
        except SealBrokenError:
            raise InvalidError(issues=[PAGE_UNKNOWN]) from None

    def _owner(self, caller: Principal) -> str:
        return f"{self._path} {caller.id}"
