"""Waveform samples as physical quantities; runs in workers.

References
----------
DICOM PS3.3 sections C.10.9 (waveform), C.10.9.1.4 (channel definition).
"""

import math
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medshare.imaging.rendering.reading import DataSet, coded, decimal, items, text, whole

Samples = NDArray[Any]
CHANNELS_MAX = 64
LABEL_LENGTH = 40
_TYPES = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (16, "SS"): "<i2",
    (16, "US"): "<u2",
    (32, "SL"): "<i4",
    (32, "UL"): "<u4",
    (64, "SV"): "<i8",
    (64, "UV"): "<u8",
}
_MILLIVOLTS = {"uV": 1e-3, "mV": 1.0, "V": 1e3, "nV": 1e-6}
MILLIVOLT = "mV"


@dataclass(frozen=True, slots=True)
class Scale:
    """How samples become quantities: ``sample * gain + offset``, in a unit of UCUM.

    Voltages are in mV. ``unit`` is empty where the samples are not calibrated.
    """

    gain: float = 1.0
    offset: float = 0.0
    unit: str = ""

    def applied(self, samples: Samples) -> Samples:
        """Return samples as quantities."""
        return samples * self.gain + self.offset


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a multiplex group; ``padding`` is the sample that stands for none."""

    label: str
    scale: Scale
    samples: Samples
    padding: int | None = None

    def quantities(self) -> Samples:
        """Return the samples as quantities, NaN where there is none."""
        values = self.scale.applied(self.samples.astype(np.float64))
        return values if self.padding is None else _without(values, self.samples == self.padding)


@dataclass(frozen=True, slots=True)
class MultiplexGroup:
    """Channels that were sampled together.

    Parameters
    ----------
    declared_samples, declared_channels
        Of which ``channels`` hold what has come, up to a cap.
    """

    label: str
    sampling_hz: float
    channels: tuple[Channel, ...]
    declared_samples: int
    declared_channels: int

    @property
    def seconds(self) -> float:
        """For how long there are samples."""
        return self.channels[0].samples.size / self.sampling_hz

    @property
    def declared_seconds(self) -> float:
        """For how long it was recorded."""
        return self.declared_samples / self.sampling_hz


def group_of(item: DataSet, data: bytes) -> MultiplexGroup:
    """Take a multiplex group apart.

    Parameters
    ----------
    item
        Of the Waveform Sequence.
    data
        Its samples, little endian; perhaps fewer than declared, never read beyond.

    Raises
    ------
    ValueError
        No sampling frequency, not one whole sample, or an interpretation that is no curve.
    """
    hertz = decimal(item, "003A001A", 0.0)
    channels, samples = whole(item, "003A0005"), whole(item, "003A0010")
    kind = _TYPES.get((whole(item, "54001004"), text(item, "54001006")))
    if kind is None or channels < 1 or not 0 < hertz < math.inf:
        raise ValueError
    sample_type = np.dtype(kind)
    count = min(samples, len(data) // (channels * sample_type.itemsize))
    if count < 1:
        raise ValueError
    multiplexed = np.frombuffer(data, sample_type, count * channels).reshape(count, channels)
    padding = _padding(item, sample_type)
    described = items(item, "003A0200")
    drawn = tuple(
        _channel(described[at] if at < len(described) else {}, multiplexed[:, at], at, padding)
        for at in range(min(channels, CHANNELS_MAX))
    )
    return MultiplexGroup(text(item, "003A0020"), hertz, drawn, samples, channels)


def scale_of(channel: DataSet) -> Scale:
    """Return how a channel's samples become quantities (PS3.3 section C.10.9.1.4.2)."""
    sensitivity = decimal(channel, "003A0210", math.nan)
    unit = "".join(text(each, "00080100") for each in items(channel, "003A0211")[:1])
    if not math.isfinite(sensitivity) or sensitivity == 0 or not unit:
        return Scale()
    gain = sensitivity * decimal(channel, "003A0212", 1.0)
    offset = decimal(channel, "003A0213", 0.0)
    to_millivolts = _MILLIVOLTS.get(unit)
    if to_millivolts is None:
        return Scale(gain, offset, unit)
    return Scale(gain * to_millivolts, offset * to_millivolts, MILLIVOLT)


def _channel(described: DataSet, samples: Samples, at: int, padding: int | None) -> Channel:
    label = text(described, "003A0203") or coded(described, "003A0208") or str(at + 1)
    return Channel(label[:LABEL_LENGTH], scale_of(described), samples, padding)


def _padding(item: DataSet, sample_type: np.dtype[Any]) -> int | None:
    inline = item.get("5400100A", {}).get("InlineBinary")
    raw = b64decode(inline) if isinstance(inline, str) else b""
    if len(raw) < sample_type.itemsize:
        return None
    return int(np.frombuffer(raw, sample_type, 1)[0])


def _without(values: Samples, absent: Samples) -> Samples:
    return np.where(absent, np.nan, values)
