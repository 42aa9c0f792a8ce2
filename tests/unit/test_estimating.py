from datetime import date, timedelta
from itertools import pairwise

from medshare.patients.matching.estimating import Pair, reestimated, sampled
from medshare.patients.matching.levels import Field, Level
from medshare.patients.matching.profile import Name, Profile
from medshare.patients.matching.weights import OTHER, Scheme, read_weights, shipped_document
from medshare.patients.model import Sex

PERSONS = 200
OTHER_NAMES = 40


def lines() -> tuple[list[Profile], list[Pair], list[Pair]]:
    """Persons who stand in two lists; in the second, one in five has another given name."""
    born = date(1950, 1, 1)
    first = [
        Profile(
            Name(f"family{chr(97 + place % 26)}{place}", f"{chr(97 + place // 8)}anna{place}"),
            Sex.UNKNOWN,
            born + timedelta(days=place * 61),
            address=("bellamour", "parkholme", str(2000 + place)),
        )
        for place in range(PERSONS)
    ]
    second = [
        Profile(
            Name(each.name.family, "zoe" if place < OTHER_NAMES else each.name.given),
            each.sex,
            each.born,
            address=each.address,
        )
        for place, each in enumerate(first)
    ]
    return [*first, *second], list(zip(first, second, strict=True)), list(pairwise(first))


def test_what_one_record_of_a_person_expects_of_another_is_learnt_without_labels() -> None:
    profiles, met, drawn = lines()
    sample = sampled(profiles, met, drawn, Scheme.LISTED)
    document = shipped_document()
    found = read_weights(reestimated(document, sample, Scheme.LISTED, "2030-01.1"))
    expected = found.schemes[Scheme.LISTED]
    assert found.version == "2030-01.1"
    given = expected.levels[Field.GIVEN]
    assert 0.15 < given[Level.DIFFERENT]["match"] < 0.25, "one in five, and what was known before"
    assert expected.levels[Field.BORN][Level.SAME]["match"] > 0.98
    assert expected.priors["match"] > 0.99, "every record has one other of its person"
    assert expected.names[Field.GIVEN]["zoe"] == OTHER_NAMES / (2 * PERSONS)
    assert expected.names[Field.FAMILY][OTHER] > 0
    unchanged = read_weights(document).schemes
    assert found.schemes[Scheme.HAN] == unchanged[Scheme.HAN]
