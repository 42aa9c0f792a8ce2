"""The catalogue of reasons in Chinese and English, each with its rule and its remedy.

Most remedies are one of a few: what stands between a result and its use is mostly that a repeat
is proper, that the source has to correct something, or that the doctor judges.
"""

from functools import lru_cache
from typing import NamedTuple

from medshare.recognition.reasons import Code, Reason, Weight

MEASURES = "《医疗机构检查检验结果互认管理办法》（国卫医发〔2022〕6号）"
CHOICE = "medshare: design choice"


class _Remedy(NamedTuple):
    zh: str
    en: str


_ORDER = _Remedy("按临床需要开立检查检验。", "Order the exam as the patient needs it.")
_JUDGE = _Remedy(
    "由接诊医师判断是否采用该结果。", "The treating doctor judges whether the result will do."
)
_ASK_SOURCE = _Remedy(
    "请出具结果的机构更正或补充。", "Ask the source facility to correct or complete it."
)
_WAIT = _Remedy("等待正式报告。", "Wait for the final report.")
_READ = _Remedy("请查看当前版本的报告。", "Read the current version of the report.")
_CHECK_PERSON = _Remedy(
    "核对患者身份并确认关联。", "Verify who the patient is and confirm the link."
)
_EXPLAIN = _Remedy(
    "可以重复检查；请选择原因并向患者说明。",
    "A repeat is permitted; choose the reason and explain it to the patient.",
)
_ACCOUNT = _Remedy("本次调阅将被记录并复核。", "The access is recorded and will be reviewed.")


def _hard(code: Code, zh: str, en: str, remedy: _Remedy, rule: str = CHOICE) -> Reason:
    return Reason(code, Weight.HARD, zh, en, rule, *remedy)


def _soft(code: Code, zh: str, en: str, remedy: _Remedy, rule: str = CHOICE) -> Reason:
    return Reason(code, Weight.SOFT, zh, en, rule, *remedy)


def _told(code: Code, zh: str, en: str, remedy: _Remedy, rule: str = CHOICE) -> Reason:
    return Reason(code, Weight.ADVISORY, zh, en, rule, *remedy)


_IDENTITY_AND_STATUS = (
    _hard(
        Code.IDENTITY_UNCERTAIN,
        "不能确定该结果属于本患者",
        "It is not certain that the result is this patient's",
        _CHECK_PERSON,
    ),
    _told(
        Code.BREAK_GLASS,
        "患者未同意共享，因紧急情况调阅",
        "The patient does not share this result; it is shown because of the emergency",
        _ACCOUNT,
    ),
    _hard(Code.STATUS_NOT_FINAL, "报告尚未正式发布", "The report is not final yet", _WAIT),
    _hard(
        Code.STATUS_INVALID,
        "该结果已取消或为误录",
        "The result was cancelled or entered in error",
        _ORDER,
    ),
    _hard(Code.SUPERSEDED, "该结果已被新版本取代", "A newer version replaces the result", _READ),
    _told(
        Code.REPORT_AMENDED,
        "报告发布后曾被修改",
        "The report was changed after it was issued",
        _READ,
    ),
)
_ITEM = (
    _hard(
        Code.ITEM_NOT_EQUIVALENT,
        "与所开项目不等同",
        "It is not equivalent to the ordered item",
        _ORDER,
    ),
    _hard(Code.MODALITY_MISMATCH, "检查类型不同", "It is of another modality", _ORDER),
    _hard(Code.BODY_PART_MISMATCH, "检查部位不同", "It is of another body part", _ORDER),
    _hard(Code.LATERALITY_MISMATCH, "检查侧别不同", "It is of the other side", _ORDER),
    _hard(
        Code.LATERALITY_UNKNOWN,
        "检查或医嘱未注明侧别",
        "The result or the order does not say which side",
        _ASK_SOURCE,
    ),
    _hard(
        Code.CONTRAST_MISMATCH,
        "平扫与增强不符",
        "Its plain and enhanced phases do not include what is ordered",
        _ORDER,
    ),
    _hard(Code.SPECIMEN_MISMATCH, "标本类型不同", "It is of another specimen", _ORDER),
    _hard(
        Code.METHOD_NOT_COMPARABLE,
        "检测方法不同，结果不可比",
        "It was measured by a method whose values cannot be compared",
        _ORDER,
    ),
)
_TIME_AND_CATALOGUE = (
    _hard(
        Code.FUTURE_DATED,
        "检查时间晚于当前时间",
        "It is dated in the future",
        _ASK_SOURCE,
    ),
    _hard(
        Code.TIME_UNTRUSTED,
        "检查时间不可信",
        "When it was performed is not known for certain",
        _ASK_SOURCE,
    ),
    _soft(Code.EXPIRED, "已超过参考时限", "It is older than the reference window", _JUDGE),
    _soft(
        Code.ITEM_NOT_IN_CATALOGUE,
        "所开项目不在互认目录内",
        "The ordered item is not in the catalogue of mutual recognition",
        _JUDGE,
        MEASURES,
    ),
    _soft(
        Code.LEVEL_RULE,
        "出具机构级别低于本机构",
        "The source facility's level is below the receiver's",
        _JUDGE,
        "level rule of the programme's policy",
    ),
)
_MARK_AND_IMAGES = (
    _soft(
        Code.NO_QUALITY_MARK,
        "该项目无互认标识",
        "The facility has no quality mark for this item",
        _JUDGE,
        MEASURES,
    ),
    _soft(
        Code.OUTSIDE_SCOPE,
        "互认标识的范围不含本机构",
        "The scope of the mark does not include the receiver",
        _JUDGE,
        MEASURES,
    ),
    _soft(
        Code.MARK_NOT_IN_FORCE,
        "互认标识不在有效期内",
        "The mark is not in force at the time that counts",
        _JUDGE,
        MEASURES,
    ),
    _hard(
        Code.MARK_WITHDRAWN,
        "互认标识已被撤销，且追溯至该结果",
        "The mark was withdrawn with effect on this result",
        _ORDER,
        MEASURES,
    ),
    _told(
        Code.CERT_EXPIRED_SINCE_EXAM,
        "互认标识在检查之后到期",
        "The mark has run out since the exam",
        _JUDGE,
    ),
    _soft(
        Code.IMAGES_UNAVAILABLE,
        "只有报告，无法调阅影像",
        "There is a report only; its images cannot be had",
        _ASK_SOURCE,
        f"{MEASURES}: 检查检验结果不包括医师出具的诊断结论",
    ),
    _soft(
        Code.IMAGE_QUALITY_INSUFFICIENT,
        "影像质量不合格",
        "Quality control rejected the images",
        _JUDGE,
        MEASURES,
    ),
)
_CONTEXT = (
    _told(
        Code.EMERGENCY_REPEAT_PERMITTED,
        "急诊、急救状态，可以重复检查",
        "In an emergency a repeat is permitted",
        _EXPLAIN,
        f"{MEASURES}: repeat reason 4",
    ),
    _told(
        Code.CRITICAL_PROCEDURE_REPEAT_PERMITTED,
        "手术、输血等重大医疗措施前，可以重复检查",
        "Before a critical procedure a repeat is permitted",
        _EXPLAIN,
        f"{MEASURES}: repeat reason 3",
    ),
    _told(
        Code.RAPID_CHANGE_REPEAT_PERMITTED,
        "结果变化较快，可以重复检查",
        "The result changes fast, so a repeat is permitted",
        _EXPLAIN,
        f"{MEASURES}: repeat reason 2",
    ),
    _told(
        Code.FORENSIC_REPEAT_PERMITTED,
        "涉及司法、伤残及病退等鉴定，可以重复检查",
        "For a forensic or disability assessment a repeat is permitted",
        _EXPLAIN,
        f"{MEASURES}: repeat reason 5",
    ),
)

CATALOGUE = {
    reason.code: reason
    for part in (_IDENTITY_AND_STATUS, _ITEM, _TIME_AND_CATALOGUE, _MARK_AND_IMAGES, _CONTEXT)
    for reason in part
}


@lru_cache(maxsize=1 << 12)  # a patient's priors share most of their reasons
def because(code: Code, evidence: str, evidence_zh: str) -> Reason:
    """Return a reason as the catalogue explains it, with the fact that it rests on."""
    reason = CATALOGUE[code]
    return Reason(
        code,
        reason.weight,
        reason.zh,
        reason.en,
        reason.rule,
        reason.remedy_zh,
        reason.remedy_en,
        evidence,
        evidence_zh,
    )
