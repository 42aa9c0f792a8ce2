"""Values of a data set in DICOM JSON, as what renders asks for them."""

from collections.abc import Callable, Iterator, Mapping

DataSet = Mapping[str, Mapping[str, object]]
ReadValue = Callable[[str], bytes]
"""Returns a large value of the instance by its path, little endian."""


def values(dataset: DataSet, key: str) -> Iterator[object]:
    """Iterate over the values of an attribute; none where it is absent or a bulk value."""
    found = dataset.get(key, {}).get("Value")
    return iter(found if isinstance(found, list) else [])


def first(dataset: DataSet, key: str) -> object:
    """Return the first value of an attribute, ``None`` where it has none."""
    return next(values(dataset, key), None)


def items(dataset: DataSet, key: str) -> list[DataSet]:
    """Return the items of a sequence."""
    return [each for each in values(dataset, key) if isinstance(each, dict)]


def numbers(dataset: DataSet, key: str) -> list[float]:
    """Return the values of an attribute that are numbers."""
    return [float(each) for each in values(dataset, key) if isinstance(each, int | float)]


def group_of(dataset: DataSet, frame: int, key: str) -> DataSet | None:
    """Return a functional group's macro for a frame: its own, else the shared one."""
    own = items(dataset, "52009230")[frame - 1 : frame]
    for groups in (*own, *items(dataset, "52009229")[:1]):
        for macro in items(groups, key)[:1]:
            return macro
    return None


def text(dataset: DataSet, key: str) -> str:
    """Return the first value of an attribute as text, empty where it has none."""
    value = first(dataset, key)
    if isinstance(value, Mapping):
        return person_name(value)
    return "" if value is None else str(value)


def decimal(dataset: DataSet, key: str, default: float) -> float:
    """Return the first value of an attribute as a number."""
    value = first(dataset, key)
    return float(value) if isinstance(value, int | float) else default


def whole(dataset: DataSet, key: str) -> int:
    """Return the first value of an attribute as a whole number, 0 where it is none."""
    value = first(dataset, key)
    return value if isinstance(value, int) else 0


def person_name(groups: Mapping[str, object]) -> str:
    """Write a name as it is read: 王小明 (Wang XiaoMing)."""
    found = (groups.get(each) for each in ("Ideographic", "Alphabetic", "Phonetic"))
    written = [" ".join(str(each).replace("^", " ").split()) for each in found if each]
    return f"{written[0]} ({', '.join(written[1:])})" if len(written) > 1 else "".join(written)


def day(value: str) -> str:
    """Write a DA value, or the date of a DT value, as 2026-11-20; anything else as it stands."""
    digits = value[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if _is_digits(digits, 8) else value


def time_of_day(value: str) -> str:
    """Write a TM value as 14:05 or 14:05:33; anything else as it stands."""
    pairs = [value[at : at + 2] for at in (0, 2, 4)]
    written = [each for each in pairs if _is_digits(each, 2)]
    return ":".join(written) if len(written) > 1 else value


def moment(value: str) -> str:
    """Write a DT value as 2026-11-20 14:05:33, its offset kept; anything else as it stands."""
    if not _is_digits(value[:8], 8):
        return value
    at = max(value.find("+"), value.find("-"))
    clock, offset = (value[8:at], value[at:]) if at > 0 else (value[8:], "")
    return " ".join(part for part in (day(value), time_of_day(clock), offset) if part)


def coded(dataset: DataSet, key: str) -> str:
    """Return what the first code of a sequence means, else the code (PS3.3 table 8.8-1)."""
    for item in items(dataset, key)[:1]:
        keys = ("00080104", "00080100", "00080119", "00080120")
        return next((found for each in keys if (found := text(item, each))), "")
    return ""


def _is_digits(value: str, length: int) -> bool:
    return len(value) == length and value.isascii() and value.isdigit()
