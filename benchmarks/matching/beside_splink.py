"""splink on the data of ``benchmarks.matching``: what its usual model finds, counted as ours is.

splink is no dependency of medshare, nor of its development: install it into an environment of its
own and, from the root of the tree,

    python -m benchmarks.matching all --persons 5000 --rows /tmp/rows
    python -m venv /tmp/splink && /tmp/splink/bin/pip install splink==5.0.0
    /tmp/splink/bin/python benchmarks/matching/beside_splink.py /tmp/rows/*.ndjson

splink sees all records at once, we one after another. Its model is the one of its tutorials: names,
birth date, number, phone and address, with frequencies of names, estimated on the very data without
labels. A match probability of .99 links, what lies between that and .5 counts as a review.
"""

import json
import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from math import comb
from pathlib import Path

import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CERTAIN, PROBABLE = 0.99, 0.5
SEED = 1
FIELDS = ("given", "family", "born", "number", "phone", "address", "sex")
HEAD = (
    "| data | records | precision | recall | with review | F1 | persons merged | reviews per 1,000"
    " | of them right |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)
Pair = tuple[int, int]


def main() -> None:
    logging.disable(logging.WARNING)
    print(HEAD)
    for name in sys.argv[1:]:
        report(Path(name))


def report(file: Path) -> None:
    """Link the records of a file and print what came of it."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    person = {row["unique_id"]: row["person"] for row in rows}
    scored = predicted(file, {field for row in rows for field in FIELDS if row[field]})
    linked = clusters(person, (pair for pair, chance in scored.items() if chance >= CERTAIN))
    asked = {
        pair for pair, chance in scored.items()
        if chance < CERTAIN and linked[pair[0]] != linked[pair[1]]
    }  # fmt: skip
    asked = {tuple(sorted((linked[one], linked[other]))): (one, other) for one, other in asked}
    right = [pair for pair in asked.values() if person[pair[0]] == person[pair[1]]]
    both = [pair for pair, chance in scored.items() if chance >= CERTAIN]
    true = pairs(Counter(person.values()))
    found = pairs(Counter(linked.values()))
    hit = pairs(Counter((person[each], linked[each]) for each in person))
    reviewed = clusters(person, [*both, *right])
    hit_reviewed = pairs(Counter((person[each], reviewed[each]) for each in person))
    people = defaultdict(set)
    for each, cluster in linked.items():
        people[cluster].add(person[each])
    precision, recall = hit / max(1, found), hit / true
    cells = (
        rows[0]["data"],
        len(rows),
        f"{precision:.5f}",
        f"{recall:.4f}",
        f"{hit_reviewed / true:.4f}",
        f"{2 * precision * recall / (precision + recall):.4f}",
        sum(len(each) for each in people.values() if len(each) > 1),
        f"{1000 * len(asked) / len(rows):.1f}",
        f"{len(right) / max(1, len(asked)):.3f}",
    )
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def predicted(file: Path, stated: set[str]) -> dict[Pair, float]:
    """Return the probability of every pair that has one of at least ``PROBABLE``."""
    api = DuckDBAPI()
    read = "CREATE TABLE records AS SELECT * FROM read_json_auto(?)"
    api.duckdb_con.execute(read, [str(file)])
    api.duckdb_con.execute("ALTER TABLE records ALTER born TYPE varchar")
    rules = [
        block_on(*each)
        for each in (
            ("number",), ("phone",), ("given", "family"), ("given", "born"), ("family", "born"),
            ("address",), ("born", "substr(address, 1, 6)"),
        )
        if {field.partition("(")[2].partition(",")[0] or field for field in each} <= stated
    ]  # fmt: skip
    linker = Linker(
        api.register("records"),
        SettingsCreator(
            link_type="dedupe_only",
            blocking_rules_to_generate_predictions=rules,
            comparisons=list(comparisons(stated)),
        ),
        log_level=logging.ERROR,
    )
    train(linker, stated)
    found = linker.inference.predict(threshold_match_probability=PROBABLE)
    rows = found.as_record_list()
    return {(row["unique_id_l"], row["unique_id_r"]): row["match_probability"] for row in rows}


def comparisons(stated: set[str]) -> Iterator[object]:
    """Yield how splink's tutorials compare what is stated."""
    yield cl.NameComparison("given").configure(term_frequency_adjustments=True)
    yield cl.NameComparison("family").configure(term_frequency_adjustments=True)
    yield cl.DateOfBirthComparison("born", input_is_string=True)
    if "number" in stated:
        yield cl.DamerauLevenshteinAtThresholds("number", 1)
    if "phone" in stated:
        yield cl.ExactMatch("phone").configure(term_frequency_adjustments=True)
    if "address" in stated:
        yield cl.JaroWinklerAtThresholds("address", [0.95, 0.85, 0.7])
    if "sex" in stated:
        yield cl.ExactMatch("sex")


def train(linker: Linker, stated: set[str]) -> None:
    """Estimate everything without labels, as splink's tutorials do."""
    sure = [block_on("number")] if "number" in stated else []
    sure.append(block_on("given", "family", "born"))
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=SEED)
    for rule in (("born",), ("given", "family")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def clusters(records: Iterable[int], links: Iterable[Pair]) -> dict[int, int]:
    """Return the cluster of every record: whatever is linked, by however many steps."""
    parent = {each: each for each in records}

    def root(record: int) -> int:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for one, other in links:
        parent[root(one)] = root(other)
    return {each: root(each) for each in parent}


def pairs(sizes: Counter) -> int:
    """Return how many pairs lie in groups of these sizes."""
    return sum(comb(size, 2) for size in sizes.values())


if __name__ == "__main__":
    main()
