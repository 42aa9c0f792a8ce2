"""Structured reports and CDA documents as pages: what they say, in order, and nothing else."""

import re

import pytest

from medshare.imaging.rendering import content_tree
from medshare.imaging.rendering.cda import narrative_of
from medshare.imaging.rendering.content_tree import content_of, value_of
from medshare.imaging.rendering.document_text import as_html, as_plain
from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.report import report_of
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from tests.documents import A_CDA, an_sr, code, content, measurement
from tests.samples import SAMPLES

ENGLISH, CHINESE = Labels(), Labels(chinese=True)
SCRIPT = "<script>alert(1)</script>"


def read(data):
    scanned = scan_buffer(data)
    assert isinstance(scanned, ScannedInstance)
    return scanned.dataset


def html_of(*children, **attributes):
    return as_html(report_of(read(an_sr(*children, **attributes)), {}, ENGLISH), ENGLISH)


def values_of(*children):
    lines = content_of(read(an_sr(*children)), {}, ENGLISH).lines
    return [(each.depth, each.name, each.value) for each in lines[1:]]


def test_containers_are_headings_and_what_they_hold_stands_below_them():
    lesion = content("CONTAINER", "结节 1", measurement("最大径", "8.0", "mm"))
    html = html_of(
        content("CONTAINER", "所见", content("TEXT", "右肺", TextValue="结节")),
        content("CONTAINER", "测量", lesion),
    )

    assert re.findall(r"<h(\d)>(.*?)</h", html) == [
        ("1", "测试报告"), ("2", "所见"), ("2", "测量"), ("3", "结节 1"),
    ]  # fmt: skip
    assert html.count("<section>") == html.count("</section>") == 3
    assert '<span class="doc-name">最大径:</span> <span class="doc-value">8 mm</span>' in html


def test_each_value_type_is_written_as_it_is_read():
    coded = content("CODE", "Site", ConceptCodeSequence=code("T-2", "99TEST", "Right lung"))
    written = values_of(
        content("TEXT", "A", TextValue="一\r\n二"),
        coded,
        measurement("B", "8.5", "mm"),
        measurement("C", "3", "1"),
        content("PNAME", "D", PersonName="Li^Ming=李^明"),
        content("DATETIME", "E", DateTime="20260301094500+0800"),
        content("DATE", "F", Date="20260301"),
        content("TIME", "G", Time="094500"),
        content("UIDREF", "H", UID="2.999.1"),
    )

    assert [value for _, _, value in written] == [
        "一\r\n二", "Right lung", "8.5 mm", "3", "李 明 (Li Ming)", "2026-03-01 09:45:00 +0800",
        "2026-03-01", "09:45:00", "2.999.1",
    ]  # fmt: skip


def test_references_name_the_instance_and_its_frames():
    item = {
        "0040A040": {"vr": "CS", "Value": ["IMAGE"]},
        "00081199": {
            "vr": "SQ",
            "Value": [
                {
                    "00081155": {"vr": "UI", "Value": ["2.999.7"]},
                    "00081160": {"vr": "IS", "Value": list(range(1, 11))},
                }
            ],
        },
    }

    assert value_of(item, ENGLISH) == "2.999.7, frames 1, 2, 3, 4, 5, 6, 7, 8, …"
    assert value_of(item, CHINESE).startswith("2.999.7, 帧 1")
    assert value_of({"0040DB73": {"vr": "UL", "Value": [1, 2, 3]}}, ENGLISH) == "see 1.2.3"


def test_continuous_content_is_one_text_with_what_qualifies_it_beside():
    report = an_sr(
        content("TEXT", "T", content("CODE", "Site", ConceptCodeSequence=code("1", "2", "Lung")),
                TextValue="A mass of"),
        measurement("Diameter", "3", "cm"),
        content("TEXT", "T", TextValue="was seen."),
        continuity="CONTINUOUS",
    )  # fmt: skip
    plain = as_plain(report_of(read(report), {}, ENGLISH), ENGLISH)

    assert plain.endswith("\nA mass of [Site: Lung] 3 cm was seen.\n")


def test_whose_it_is_and_how_it_stands_is_said_in_either_language():
    document = report_of(read(an_sr()), {}, CHINESE)

    assert document.about == [
        "王 小明 (Wang XiaoMing) · 1962-05-17 · M · A-1",
        "2026-03-01 09:45:00 · 已完成 · 未审核",
    ]
    assert "not verified" in as_plain(report_of(read(an_sr()), {}, ENGLISH), ENGLISH)


def test_the_language_of_the_content_is_declared():
    language = content("CODE", ConceptCodeSequence=code('zh-CN"x', "RFC5646", "Chinese"))
    language.ConceptNameCodeSequence = code("121049", "DCM", "Language of Content Item")

    assert '<article class="doc" lang="zh-CN&quot;x">' in html_of(language)


def test_nothing_in_a_report_becomes_markup():
    html = html_of(
        content("CONTAINER", SCRIPT, content("TEXT", SCRIPT, TextValue=SCRIPT)),
        content("UIDREF", "U", UID="2.999.1"),
        content("PNAME", "P", PersonName=f"{SCRIPT}^{SCRIPT}"),
        PatientName=SCRIPT,
    )

    tags = set(re.findall(r"</?([a-zA-Z0-9]+)", html))
    assert tags == {
        "html", "head", "meta", "title", "style", "body", "article",
        "section", "h1", "h2", "p", "div", "span",
    }  # fmt: skip


def test_a_tree_deeper_than_the_cap_is_cut_and_says_so():
    item = {"0040A040": {"vr": "CS", "Value": ["CONTAINER"]}}
    for _ in range(5_000):
        item = {
            "0040A040": {"vr": "CS", "Value": ["CONTAINER"]},
            "0040A730": {"vr": "SQ", "Value": [item]},
        }
    document = report_of(item, {}, ENGLISH)

    assert not document.content.is_whole
    assert document.content.lines[-1].depth == content_tree.DEPTH_MAX
    assert "too long to be shown" in as_html(document, ENGLISH)


@pytest.mark.parametrize(("cap", "limit"), [("LINES_MAX", 3), ("CHARACTERS_MAX", 40)])
def test_more_than_the_caps_is_cut(monkeypatch, cap, limit):
    monkeypatch.setattr(content_tree, cap, limit)
    tree = content_of(read(an_sr(*[content("TEXT", "T", TextValue="x" * 10)] * 9)), {}, ENGLISH)

    assert not tree.is_whole
    assert 0 < len(tree.lines) <= 4


def test_a_text_too_long_for_the_metadata_is_shown_whole():
    long_text = "结" * 30_000
    data = an_sr(content("CONTAINER", "C", content("TEXT", "T", TextValue=long_text)))
    scanned = scan_buffer(data)
    path = "0040A730/1/0040A730/1/0040A160"
    assert [each.path for each in scanned.bulk] == [path]

    assert long_text in as_plain(report_of(scanned.dataset, {path: long_text}, ENGLISH), ENGLISH)


@pytest.mark.parametrize("name", ["reportsi.dcm", "test-SR.dcm"])
def test_reports_of_other_makers_are_read(name):
    document = report_of(read((SAMPLES / "test_files" / name).read_bytes()), {}, ENGLISH)

    assert document.content.is_whole
    html = as_html(document, ENGLISH)
    for tag in ("section", "div", "span"):
        assert html.count(f"<{tag}") == html.count(f"</{tag}>")


def narrative(text, dataset=None):
    return as_plain(narrative_of(dataset or {}, text.encode(), ENGLISH), ENGLISH)


def test_a_cda_document_is_its_titles_and_narrative():
    expected = "出院小结\n\n\n诊断\n  右肺上叶结节 <8 mm>\n  大小 | 8 mm\n"

    assert narrative(A_CDA) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<ClinicalDocument/>",
        '<ClinicalDocument xmlns="urn:hl7-org:v3"/>',
        A_CDA.replace("<ClinicalDocument", '<!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument'),
        A_CDA.replace("</title>", "", 1),
    ],
)
def test_what_is_no_cda_document_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  # a worker tells nothing more either
        narrative(text)


def test_markup_in_a_narrative_is_text():
    document = narrative_of({}, A_CDA.replace("8 mm&gt;", "script&gt;").encode(), ENGLISH)

    assert "&lt;script&gt;" in as_html(document, ENGLISH)
