"""Media types, and the choice between them that an Accept header asks for.

References
----------
RFC 9110 sections 8.3.1 (media type), 12.5.1 (Accept); DICOM PS3.18 section 8.7.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from medshare.kernel.errors import MalformedError

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_ESSENCE = re.compile(rf"\s*({_NAME})/({_NAME})\s*(?=;|$)")
# An unquoted value may hold a slash: cornerstone sends ``type=application/octet-stream``.
_PARAMETER = re.compile(rf';\s*(?:({_NAME})=(?:"((?:[^"\\]|\\.)*)"\s*|([^;"]*)))?(?=;|$)')
_QUOTED_PAIR = re.compile(r"\\(.)")
_LIST_ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')


class MalformedMediaTypeError(MalformedError):
    """A media type breaks the grammar."""

    slug = "malformed-media-type"
    title = "The media type cannot be read"
    title_zh = "无法解析媒体类型"


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type; type, subtype and parameter names are lower case.

    ``parameters`` keeps values as written, unquoted.
    """

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def essence(self) -> str:
        """The type without its parameters, such as ``multipart/related``."""
        return f"{self.type}/{self.subtype}"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One range of an Accept header: a media type, in which ``*`` stands for any, and a weight.

    ``quality`` is between 0 and 1; 0 refuses what the range matches.
    """

    media: MediaType
    quality: float = 1.0

    @property
    def specificity(self) -> tuple[int, int]:
        """How narrow the range is: ``*/*`` < ``text/*`` < ``text/html`` < with parameters."""
        return (self.media.type != "*") + (self.media.subtype != "*"), len(self.media.parameters)

    def matches(self, offer: MediaType) -> bool:
        """Tell whether an offer lies within the range.

        A parameter that the range leaves out is not asked for; the value ``*`` (as in
        ``transfer-syntax=*``) and, for ``type``, wildcards match any value that is present.
        """
        if self.media.type not in ("*", offer.type):
            return False
        if self.media.subtype not in ("*", offer.subtype):
            return False
        return all(
            _parameter_matches(name, wanted, offer.parameters.get(name))
            for name, wanted in self.media.parameters.items()
        )


def parse_media_type(text: str) -> MediaType:
    """Read a Content-Type such as ``multipart/related; type="application/dicom"; boundary=b``.

    Quoted and unquoted values are equivalent; the first of repeated parameters counts.

    Raises
    ------
    MalformedMediaTypeError
        Not a media type.
    """
    essence = _ESSENCE.match(text)
    if essence is None:
        raise MalformedMediaTypeError
    parameters: dict[str, str] = {}
    position = essence.end()
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            raise MalformedMediaTypeError
        name, quoted, plain = found.groups()
        if name is not None:
            value = plain.strip() if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
            parameters.setdefault(name.lower(), value)
        position = found.end()
    return MediaType(essence[1].lower(), essence[2].lower(), parameters)


def parse_accept(text: str) -> list[MediaRange]:
    """Read an Accept header, the most wanted range first.

    Sorted by quality, then specificity, then place. Ranges that cannot be read are left out:
    clients list exotic ones among good ones, and one bad entry must not cost them the answer.
    """
    return list(_parse_accept(text))


@lru_cache(maxsize=1024)  # a client sends the same few all day
def _parse_accept(text: str) -> tuple[MediaRange, ...]:
    ranges = [parsed for item in _LIST_ITEM.findall(text) for parsed in _read_range(item)]
    ranges.sort(key=lambda entry: (entry.quality, entry.specificity), reverse=True)
    return tuple(ranges)


def accepted_ranges(query_values: Sequence[str], header: str | None) -> list[MediaRange]:
    """Combine the ``accept`` query parameter, which comes first, with the Accept header.

    Parameters
    ----------
    query_values
        Every value of the parameter, percent-decoded. A space within a subtype is read as the
        plus that form decoding has eaten (``application/dicom json``).
    header
        The header, ``None`` when absent: then, and if there is no parameter, any type will do.

    References
    ----------
    DICOM PS3.18 section 8.7.5.
    """
    text = ",".join(query_values)
    ranges = parse_accept(re.sub(r"(?<=/dicom) (?=json|xml)", "+", text))
    if header is None:
        return ranges or [MediaRange(MediaType("*", "*"))]
    return ranges + parse_accept(header)


def quality_of(offer: MediaType, ranges: Sequence[MediaRange]) -> float:
    """Return the weight that the most specific matching range gives an offer; 0 if none does."""
    fitting = [entry for entry in ranges if entry.matches(offer)]
    return max(fitting, key=lambda entry: entry.specificity).quality if fitting else 0.0


def choose(ranges: Sequence[MediaRange], offers: Sequence[MediaType]) -> MediaType | None:
    """Return the offer that the first satisfiable range matches, ``None`` when nothing fits.

    Parameters
    ----------
    ranges
        In order of preference, as ``accepted_ranges`` returns them.
    offers
        In the server's order of preference, which decides within one range.
    """
    for entry in ranges:
        if entry.quality > 0:
            for offer in offers:
                if entry.matches(offer) and quality_of(offer, ranges) > 0:
                    return offer
    return None


def best_of(ranges: Sequence[MediaRange], offers: Sequence[MediaType]) -> MediaType | None:
    """Return the offer of the greatest weight, ``None`` when nothing fits.

    Parameters
    ----------
    offers
        In the server's order of preference, which decides between equal weights.
    """
    weighed = [(quality_of(offer, ranges), offer) for offer in offers]
    quality, best = max(weighed, key=lambda each: each[0])
    return best if quality > 0 else None


def _read_range(item: str) -> Iterator[MediaRange]:
    try:
        media = parse_media_type(item)
        own = dict(_unfolded(media.parameters))
        # q and what follows it are not parameters of the media type (RFC 9110 section 12.5.1).
        weight = float(own.pop("q", "1"))
    except (MalformedMediaTypeError, ValueError):
        return
    if math.isfinite(weight):
        if own.get("charset", "").lower() == "utf-8":
            del own["charset"]  # which all text of ours is in, whether it says so or not
        yield MediaRange(MediaType(media.type, media.subtype, own), min(max(weight, 0.0), 1.0))


def _unfolded(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield parameters; of ``type="a/b; transfer-syntax=c"``, as older servers write, both."""
    for name, value in parameters.items():
        if name == "type" and ";" in value:
            inner = parse_media_type(value)
            yield from ((name, inner.essence), *inner.parameters.items())
        else:
            yield name, value


def _parameter_matches(name: str, wanted: str, offered: str | None) -> bool:
    if offered is None:
        return False
    if name == "type" and wanted.endswith("/*"):
        return wanted == "*/*" or offered.lower().startswith(wanted[:-1].lower())
    return wanted == "*" or wanted.lower() == offered.lower()
