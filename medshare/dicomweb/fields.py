"""``includefield``: which attributes a search shows besides those that it always does.

References
----------
DICOM PS3.18 section 8.3.4.3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from medshare.dicomweb.keys import attribute_of, fault
from medshare.imaging.attributes import Level
from medshare.imaging.dictionary import is_attribute_name, tag_of
from medshare.imaging.identity import OTHER_IDS, QUALIFIERS
from medshare.imaging.projection import Path

ALL = "all"
NAME = "includefield"


@dataclass(frozen=True, slots=True)
class Fields:
    """The names that are asked for: tags, keywords, paths of them with dots, or ``all``."""

    names: tuple[str, ...]

    @property
    def are_all(self) -> bool:
        """Whether everything that the index keeps is asked for."""
        return ALL in self.names

    @property
    def tags(self) -> frozenset[str]:
        """The attributes of the index that are asked for; of a sequence all, whatever part."""
        heads = (attribute_of(each.partition(".")[0]) for each in self.names)
        return frozenset(each.tag for each in heads if each is not None)

    @property
    def of_identity(self) -> frozenset[str]:
        """What is asked for of whose number a Patient ID is."""
        return self.tags & {QUALIFIERS, OTHER_IDS}

    def beyond_the_index(self, level: Level) -> list[Path]:
        """Return the paths to what is read from the metadata of instances, empty above them."""
        if level is not Level.INSTANCE:
            return []
        return [tuple(map(tag_of, each.split("."))) for each in self._unknown()]

    def left_out(self, level: Level) -> list[str]:
        """Return the names of what cannot be shown at a level."""
        return [] if level is Level.INSTANCE else list(self._unknown())

    def _unknown(self) -> Iterator[str]:
        for each in self.names:
            if each != ALL and attribute_of(each.partition(".")[0]) is None:
                yield each


def read_fields(values: Iterable[str]) -> Fields:
    """Read every value of the parameter.

    Raises
    ------
    QueryError
        One holds no name of an attribute.
    """
    names = tuple(name for value in values for name in value.split(",") if name)
    if not all(name == ALL or is_attribute_name(name) for name in names):
        raise fault(
            NAME,
            "attribute-unknown",
            "Send tags of eight hex digits or keywords of the data dictionary.",
            "请填写八位十六进制标签或数据字典中的关键字。",
        )
    return Fields(names)
