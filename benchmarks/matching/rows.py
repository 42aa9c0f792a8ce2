"""The data as plain rows, for others to match: one JSON object a line, with the truth in it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from benchmarks.matching.truth import Stated

COLUMNS = (
    "person",
    "kind",
    "family",
    "given",
    "text",
    "alphabetic",
    "sex",
    "phone",
    "address",
    "number",
)


def write_rows(folder: Path, data: Iterable[tuple[str, list[Stated]]]) -> None:
    """Write a file for each of the data; what is not known is null, as splink wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in data:
        file = folder / f"{name.replace(', ', '-').replace(' ', '-').lower()}.ndjson"
        with file.open("w", encoding="utf-8") as lines:
            for number, stated in enumerate(records):
                said = asdict(stated)
                row = {each: said[each] or None for each in COLUMNS}
                row["number"] = stated.number or next((each[1] for each in stated.others), None)
                row["born"] = stated.born.isoformat() if stated.born else None
                row["sex"] = None if stated.sex == "unknown" else stated.sex
                lines.write(json.dumps({"unique_id": number, "data": name, **row}) + "\n")
