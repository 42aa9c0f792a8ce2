"""Builds DICOM files byte by byte, right or wrong, for the tests of whatever reads them."""

import zlib
from struct import pack

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG = "1.2.840.10008.1.2.4.50"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
RLE = "1.2.840.10008.1.2.5"

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
STUDY, SERIES, INSTANCE = "1.2.826.1", "1.2.826.1.2", "1.2.826.1.2.3"
LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
UNDEFINED = 0xFFFFFFFF


def header(tag, vr, length, *, syntax=EXPLICIT):
    order = ">" if syntax == BIG_ENDIAN else "<"
    group_and_element = pack(order + "HH", tag >> 16, tag & 0xFFFF)
    if syntax == IMPLICIT:
        return group_and_element + pack("<I", length)
    if vr in LONG_VRS:
        return group_and_element + vr.encode() + b"\0\0" + pack(order + "I", length)
    return group_and_element + vr.encode() + pack(order + "H", length)


def element(tag, vr, value=b"", *, syntax=EXPLICIT):
    raw = value.encode("latin-1") if isinstance(value, str) else value
    if len(raw) % 2:
        raw += b"\0" if vr in ("UI", "OB", "UN") else b" "
    return header(tag, vr, len(raw), syntax=syntax) + raw


def marker(element_number, length=0, *, syntax=EXPLICIT):
    return pack(">HHI" if syntax == BIG_ENDIAN else "<HHI", 0xFFFE, element_number, length)


def item(content=b"", *, delimited=False, syntax=EXPLICIT):
    if delimited:
        opening = marker(0xE000, UNDEFINED, syntax=syntax)
        return opening + content + marker(0xE00D, syntax=syntax)
    return marker(0xE000, len(content), syntax=syntax) + content


def sequence(tag, *items, delimited=False, vr="SQ", syntax=EXPLICIT):
    content = b"".join(items)
    if delimited:
        opening = header(tag, vr, UNDEFINED, syntax=syntax)
        return opening + content + marker(0xE0DD, syntax=syntax)
    return header(tag, vr, len(content), syntax=syntax) + content


def encapsulated(*fragments, offsets=()):
    items = b"".join(item(fragment) for fragment in fragments)
    table = item(pack(f"<{len(offsets)}I", *offsets))
    return header(0x7FE00010, "OB", UNDEFINED) + table + items + marker(0xE0DD)


def identity(*, syntax=EXPLICIT, sop_class=CT_IMAGE, instance=INSTANCE):
    return element(0x00080016, "UI", sop_class, syntax=syntax) + element(
        0x00080018, "UI", instance, syntax=syntax
    )


def parents(*, syntax=EXPLICIT, study=STUDY, series=SERIES):
    return element(0x0020000D, "UI", study, syntax=syntax) + element(
        0x0020000E, "UI", series, syntax=syntax
    )


def file_meta(transfer_syntax=EXPLICIT, *, sop_class=CT_IMAGE, instance=INSTANCE):
    content = b"".join(
        (
            element(0x00020001, "OB", b"\0\1"),
            element(0x00020002, "UI", sop_class),
            element(0x00020003, "UI", instance),
            element(0x00020010, "UI", transfer_syntax),
            element(0x00020012, "UI", "1.2.3"),
        )
    )
    return element(0x00020000, "UL", pack("<I", len(content))) + content


def part10(data_set, transfer_syntax=EXPLICIT, *, preamble=bytes(128)):
    if transfer_syntax == DEFLATED:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        data_set = deflate.compress(data_set) + deflate.flush()
    return preamble + b"DICM" + file_meta(transfer_syntax) + data_set


def instance(*, before=b"", between=b"", after=b"", transfer_syntax=EXPLICIT):
    """Make a file that can be kept: what is given stands before, between and after its UIDs."""
    syntax = transfer_syntax if transfer_syntax in (IMPLICIT, BIG_ENDIAN) else EXPLICIT
    uids = identity(syntax=syntax), parents(syntax=syntax)
    return part10(before + uids[0] + between + uids[1] + after, transfer_syntax)


def image(pixels, *, rows, columns, bits=8, frames=1, samples=1, syntax=EXPLICIT, **more):
    """Make an image; ``pixels`` is the whole pixel data element."""
    order = ">H" if syntax == BIG_ENDIAN else "<H"
    encoding = syntax if syntax in (IMPLICIT, BIG_ENDIAN) else EXPLICIT

    def us(tag, number):
        return element(tag, "US", pack(order, number), syntax=encoding)

    module = (
        us(0x00280002, samples)
        + element(0x00280004, "CS", more.get("photometric", "MONOCHROME2"), syntax=encoding)
        + element(0x00280008, "IS", str(frames), syntax=encoding)
        + us(0x00280010, rows)
        + us(0x00280011, columns)
        + us(0x00280100, bits)
        + us(0x00280103, 0)
    )
    return instance(after=module + more.get("before_pixels", b"") + pixels, transfer_syntax=syntax)
