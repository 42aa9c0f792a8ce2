"""The few words that rendered documents add to what they show, in either language."""

from dataclasses import dataclass

_WORDS = {
    "COMPLETE": ("complete", "已完成"),
    "PARTIAL": ("partial", "未完成"),
    "VERIFIED": ("verified", "已审核"),
    "UNVERIFIED": ("not verified", "未审核"),
    "IMAGE": ("Image", "图像"),
    "COMPOSITE": ("Object", "对象"),
    "WAVEFORM": ("Waveform", "波形"),
    "untitled": ("Report", "报告"),
    "cut": ("… What follows is too long to be shown.", "……其后内容过长，未显示。"),
    "frames": ("frames", "帧"),
    "see": ("see", "见"),
    "uncalibrated": ("uncalibrated", "未标定"),
    "part-of-time": ("the first {shown} of {all}", "总时长 {all}，显示前 {shown}"),
    "part-of-channels": ("{shown} of {all} channels", "共 {all} 道，显示 {shown} 道"),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """The words in one language."""

    chinese: bool = False

    @property
    def language(self) -> str:
        """The language's tag (BCP 47)."""
        return "zh-CN" if self.chinese else "en"

    def __call__(self, word: str, /, **values: object) -> str:
        """Return a word; what is none of ours stands for itself."""
        known = _WORDS.get(word)
        return known[self.chinese].format(**values) if known else word
