"""The weights of lists, estimated anew from FEBRL 1 and 2 without labels.

``python -m benchmarks.matching.estimate`` prints them as the ``listed`` block of ``weights.json``
and says whether they are those that are shipped. FEBRL needs the ``bench`` extra.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from benchmarks.matching import febrl
from medshare.patients.matching.estimating import Pair, reestimated, sampled
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.profile import Profile, profile_of
from medshare.patients.matching.store import PER_KEY_MAX
from medshare.patients.matching.weights import Scheme, shipped_document

DRAWN = 400_000
SEED = 1


def main() -> None:
    shipped = shipped_document()
    start = shipped_document()
    # Where lists say nothing yet, what is known of other names in letters counts.
    start["schemes"][Scheme.LISTED]["levels"] = {}
    profiles = [
        profile_of(each.registration.normalised)
        for number in (1, 2)
        for each in febrl.read(number, hard=False, seed=number)
    ]
    draw = random.Random(SEED)  # noqa: S311  # a sample that can be had again
    drawn = (_two(draw, profiles) for _ in range(DRAWN))
    sample = sampled(profiles, _met(profiles), drawn, Scheme.LISTED)
    found = reestimated(start, sample, Scheme.LISTED, shipped["version"])
    print(json.dumps(found["schemes"][Scheme.LISTED], indent=2))
    is_shipped = found == shipped
    print("as shipped" if is_shipped else "not as shipped", file=sys.stderr)
    sys.exit(0 if is_shipped else 1)


def _two(draw: random.Random, profiles: Sequence[Profile]) -> Pair:
    one, other = draw.sample(profiles, 2)
    return one, other


def _met(profiles: Sequence[Profile]) -> Iterator[Pair]:
    """Yield every pair of records that share a key, once."""
    holders: dict[int, list[int]] = defaultdict(list)
    for place, profile in enumerate(profiles):
        for key in sorted(keys_of(profile)):
            holders[key].append(place)
    met = {
        pair
        for places in holders.values()
        if len(places) < PER_KEY_MAX
        for pair in combinations(places, 2)
    }
    for one, other in sorted(met):
        yield profiles[one], profiles[other]


if __name__ == "__main__":
    main()
