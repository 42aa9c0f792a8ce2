"""What a facility is."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from medshare.kernel.errors import ConflictError, NotFoundError
from medshare.kernel.identifiers import FacilityCode


class CharsetPolicy(StrEnum):
    """What a facility's DICOM texts are that declare no character set, or another one falsely.

    ``DETECT`` takes them for UTF-8 or GBK where they can hardly be anything else; ``AS_DECLARED``
    never does; the others say what its modalities are known to write.
    """

    DETECT = "detect"
    AS_DECLARED = "as-declared"
    GBK = "gbk"
    BIG5 = "big5"


@dataclass(frozen=True, slots=True)
class Facility:
    """A hospital, community centre or imaging centre that takes part.

    Parameters
    ----------
    level
        1 primary, 2 secondary, 3 tertiary (三级).
    oid
        Its object identifier; the source of its own identifiers' systems.
    patient_identifier_system
        URI of the authority that assigns its patient numbers (HL7 CX.4).
    ae_titles
        Its DICOM application entities; each belongs to one facility.
    scopes
        Codes of the recognition scopes that it is a member of.
    """

    code: FacilityCode
    name_zh: str
    name_en: str
    level: int
    oid: str
    patient_identifier_system: str
    time_zone: str = "Asia/Shanghai"
    ae_titles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    charset_policy: CharsetPolicy = CharsetPolicy.DETECT

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which its local times are read."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Sender:
    """All that ingest asks of a facility."""

    facility: FacilityCode
    patient_identifier_system: str
    charset_policy: CharsetPolicy = CharsetPolicy.DETECT


@dataclass(frozen=True, slots=True)
class Member:
    """A facility as recognition sees it: its level and the scopes that it is a member of."""

    code: FacilityCode
    level: int
    scopes: tuple[str, ...]


class FacilityTakenError(ConflictError):
    """The code, OID, identifier system or an AE title belongs to a facility already."""

    slug = "facility-taken"
    title = "The code, OID, identifier system or an AE title is taken; choose another"
    title_zh = "机构代码、OID、标识符体系或 AE 名称已被占用，请更换"


class FacilityUnknownError(NotFoundError):
    """There is no such facility."""

    slug = "facility-unknown"
    title = "There is no such facility"
    title_zh = "没有该机构"
