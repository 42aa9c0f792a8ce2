"""Waveforms: samples become quantities as pydicom has it, and curves keep what they show."""

import re
import warnings

import numpy as np
import pydicom
import pytest

from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.signals import CHANNELS_MAX, group_of
from medshare.imaging.rendering.strip_chart import (
    DOTS,
    PAPER_MM_MAX,
    chart_of,
    condensed,
    duration,
    speed_of,
    strip_of,
)
from medshare.imaging.scanner import scan_buffer
from tests.documents import a_group, a_waveform, channel
from tests.samples import SAMPLES

ENGLISH, CHINESE = Labels(), Labels(chinese=True)
ECG = SAMPLES / "test_files" / "waveform_ecg.dcm"


def groups_of(data):
    scanned = scan_buffer(data)
    places = {each.path: each for each in scanned.bulk}
    for number, item in enumerate(scanned.dataset["54000100"]["Value"], 1):
        bulk = places[f"54000100/{number}/54001010"]
        yield group_of(item, data[bulk.offset : bulk.offset + bulk.length])


def chart(*groups, say=ENGLISH, is_heart=True, lines=()):
    return chart_of(list(groups_of(a_waveform(*groups))), lines, say, is_heart=is_heart)


def paths_of(svg):
    return [
        [tuple(map(int, pair)) for pair in re.findall(r"(-?\d+) (-?\d+)", path)]
        for path in re.findall(r'<path d="(M[^"]*l0 0[^"]*)"', svg)
    ]


def reference(data, number):
    dataset = pydicom.dcmread(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataset.waveform_array(number)


def test_an_electrocardiogram_of_another_maker_has_the_quantities_that_pydicom_reads():
    groups = list(groups_of(ECG.read_bytes()))

    assert len(groups) == 2
    for number, group in enumerate(groups):
        expected = reference(ECG, number)
        ours = np.stack([each.quantities() for each in group.channels], axis=1)
        np.testing.assert_allclose(ours * 1000, expected, rtol=1e-12)  # in uV


@pytest.mark.parametrize("kind", ["b", "B", "h", "H", "i", "I"])
def test_sensitivity_correction_and_baseline_are_applied_to_every_interpretation(tmp_path, kind):
    samples = np.array([[0, 1], [5, 100], [17, 3]], dtype=kind)
    data = a_waveform(
        a_group(
            samples,
            channel("P", "mm[Hg]", "0.5", ChannelBaseline="-7"),
            channel("Q", "mm[Hg]", "2.5", ChannelSensitivityCorrectionFactor="1.01"),
        )
    )
    (tmp_path / "w.dcm").write_bytes(data)
    (group,) = groups_of(data)

    ours = np.stack([each.quantities() for each in group.channels], axis=1)
    np.testing.assert_allclose(ours, reference(tmp_path / "w.dcm", 0))
    assert [each.scale.unit for each in group.channels] == ["mm[Hg]", "mm[Hg]"]


@pytest.mark.parametrize(("unit", "sample"), [("uV", 1000), ("mV", 1), ("V", 0.001), ("nV", 1e6)])
def test_voltages_are_in_millivolts_whatever_they_were_stated_in(unit, sample):
    samples = np.array([[0], [1]], dtype=np.int16)
    (group,) = groups_of(a_waveform(a_group(samples, channel("I", unit, str(sample)))))

    assert group.channels[0].quantities().tolist() == pytest.approx([0, 1])


def test_a_millivolt_is_ten_millimetres_high_and_a_second_twenty_five_wide():
    samples = np.zeros((1001, 1), dtype=np.int16)
    samples[500:] = 1000
    (points,) = paths_of(chart(a_group(samples, channel("I"), hertz=500)))

    assert sum(dx for dx, _ in points[1:]) == 50 * DOTS
    assert sum(dy for _, dy in points[1:]) == -10 * DOTS


def test_what_a_chart_says_stands_in_either_language():
    samples = np.arange(20, dtype=np.int16).reshape(10, 2)
    group = a_group(samples, channel("I"), channel("X", sensitivity=None), MultiplexGroupLabel="R")

    svg = chart(group, lines=["2026-03-01"], say=CHINESE)
    assert re.findall(r"<text[^>]*>(.*?)</text>", svg) == [
        "2026-03-01", "R · 25 mm/s · 10 mm/mV · 500 Hz", "I", "X (未标定)",
    ]  # fmt: skip
    assert "X (uncalibrated)" in chart(group)


def test_pressures_stand_at_a_round_gain_that_is_said():
    samples = np.array([[80], [120]] * 50, dtype=np.int16)

    assert "ART (0.5 mm/mm[Hg])" in chart(a_group(samples, channel("ART", "mm[Hg]", "1")))


def test_a_voltage_too_large_for_the_paper_is_drawn_smaller_and_says_so():
    samples = np.array([[0], [20_000]] * 50, dtype=np.int16)

    assert "I (2 mm/mV)" in chart(a_group(samples, channel("I")))


@pytest.mark.parametrize(
    ("seconds", "channels", "speed"),
    [(10, 12, 25), (60, 12, 25), (61, 3, 10), (600, 1, 2.5), (86_400, 3, 0.01)],
)
def test_the_paper_slows_down_where_a_recording_is_long(seconds, channels, speed):
    assert speed_of(seconds, channels) == pytest.approx(speed)
    assert speed_of(seconds, channels) * seconds <= PAPER_MM_MAX


def test_condensing_loses_no_spike_and_no_value_that_was_not_there_appears():
    values = np.zeros(100_000)
    values[31_337], values[31_338] = 5.0, -4.0
    short = condensed(values, 1000)

    assert short.size <= 2 * 1000
    assert short.max() == 5.0
    assert short.min() == -4.0
    assert np.flatnonzero(short == 5.0)[0] < np.flatnonzero(short == -4.0)[0]
    assert set(short.tolist()) == {0.0, 5.0, -4.0}


def test_what_stands_for_no_sample_is_a_gap():
    samples = np.array([[1], [2], [-32768], [3], [4]], dtype=np.int16)
    group = a_group(samples, channel("I"), WaveformPaddingValue=b"\x00\x80")
    group["WaveformPaddingValue"].VR = "OW"
    (scanned,) = groups_of(a_waveform(group))
    strip = strip_of(scanned.channels[0], 100, is_heart=True)

    assert np.isnan(strip.curve).tolist() == [False, False, True, False, False]
    assert chart(group).count("l0 0") == 2


def test_a_declared_length_that_is_not_there_costs_nothing_and_is_said():
    samples = np.zeros((500, 1), dtype=np.int16)
    group = a_group(samples, channel("I"), NumberOfWaveformSamples=4_000_000_000)

    assert "the first 1 s of 2222:13:20" in chart(group)


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.5, "0.5 s"), (59, "59 s"), (60, "0:01:00"), (86_399.9, "24:00:00")]
)
def test_a_duration_is_read_at_a_glance(seconds, written):
    assert duration(seconds) == written


def test_the_millivolt_of_recorders_stands_before_a_curve_that_it_measures():
    samples = np.array([[0], [60]] * 50, dtype=np.int16)
    pulse = "h20v-200h100v200h20"

    assert pulse in chart(a_group(samples, channel("I")))
    brain = chart(a_group(samples, channel("Fz")), is_heart=False)
    assert "Fz (500 mm/mV)" in brain
    assert brain.count("<path") == chart(a_group(samples, channel("P", "Pa"))).count("<path")


def test_more_channels_than_fit_are_counted():
    samples = np.zeros((10, CHANNELS_MAX + 6), dtype=np.int16)

    assert f"{CHANNELS_MAX} of {CHANNELS_MAX + 6} channels" in chart(a_group(samples))


@pytest.mark.parametrize(
    "broken",
    [
        {"SamplingFrequency": 0},
        {"SamplingFrequency": -1},
        {"NumberOfWaveformChannels": 0},
        {"NumberOfWaveformChannels": 60_000},
        {"NumberOfWaveformSamples": 0},
        {"WaveformSampleInterpretation": "MB"},
        {"WaveformBitsAllocated": 24},
    ],
)
def test_what_is_no_curve_is_refused(broken):
    group = a_group(np.zeros((10, 1), dtype=np.int16), channel("I"), **broken)

    with pytest.raises(ValueError):  # noqa: PT011  # a worker tells nothing more either
        chart(group)


def test_nothing_in_a_label_becomes_markup():
    label = '"><script>1</script>'
    svg = chart(a_group(np.zeros((10, 1), dtype=np.int16), channel(label[:16])), lines=[label])

    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
