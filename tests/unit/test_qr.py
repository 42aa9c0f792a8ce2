"""The drawing of a QR code is the code."""

import re

import numpy as np
import segno

from medshare.viewer.qr import QUIET, code_of

TEXT = "otpauth://totp/medshare:dr.test?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=medshare"
STRETCH = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def test_every_dark_module_is_drawn_and_no_other() -> None:
    code = code_of(TEXT)
    drawn = np.zeros((code.side, code.side), np.uint8)
    for left, top, width, back in STRETCH.findall(code.path):
        assert width == back
        drawn[int(top), int(left) : int(left) + int(width)] += 1
    assert STRETCH.sub("", code.path) == ""
    inside = drawn[QUIET:-QUIET, QUIET:-QUIET]
    matrix = segno.make_qr(TEXT, error="m").matrix
    assert (inside == np.array([list(row) for row in matrix])).all()
    assert drawn.sum() == inside.sum()  # the margin is light
    assert matrix[0][:8] == bytearray([1, 1, 1, 1, 1, 1, 1, 0])  # a corner's mark
