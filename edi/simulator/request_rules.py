"""What the 005010X217 guide asks of a review request: segments, loops, lengths, codes and pairs.

Written by hand for the simulator alone, from the guide's tables of the request direction (BHT02 13).
Short form of an element: data element number, type, least/most length, need (M by X12, R by the guide,
S situational, - not used), then the codes that are allowed where the guide lists them.
"""

from __future__ import annotations

from edi.simulator.rule_types import (
    CompositeRule,
    LevelRule,
    LoopRule,
    Need,
    SegmentRule,
    composite,
    elements,
)

M, R, S = Need.MANDATORY, Need.REQUIRED, Need.SITUATIONAL

BHT = SegmentRule(
    "BHT",
    M,
    1,
    elements(
        "1005 ID 4/4 M 0007",
        "353 ID 2/2 M 13",
        "127 AN 1/50 R",
        "373 DT 8/8 R",
        "337 TM 4/8 R",
        "640 ID 2/2 S RU",
    ),
)

PLAIN_NAME = ("1035 AN 1/60 S", "1036 AN 1/35 S", "1037 AN 1/25 S", "-", "1039 AN 1/10 S")


def _hl(code: str, parent: str) -> SegmentRule:
    return SegmentRule("HL", M, 1, elements("628 AN 1/12 M", parent, f"735 ID 1/2 M {code}", "736 ID 1/1 R 0 1"))


def _name(codes: str, kinds: str, qualifiers: str, need: str) -> SegmentRule:
    """An NM1 with an identifier: names, then NM108 and NM109 as the loop wants them."""
    return SegmentRule(
        "NM1",
        M,
        1,
        elements(
            f"98 ID 2/3 M {codes}",
            f"1065 ID 1/1 M {kinds}",
            *PLAIN_NAME,
            f"66 ID 1/2 {need} {qualifiers}",
            f"67 AN 2/80 {need}",
        ),
        pairs=((8, 9),),
        npi_at=(8, 9),
    )


def _ref(codes: str, most: int, need: Need = S) -> SegmentRule:
    return SegmentRule("REF", need, most, elements(f"128 ID 2/3 M {codes}", "127 AN 1/50 R"))


def _dtp(code: str, formats: str, need: Need = S) -> SegmentRule:
    return SegmentRule(
        "DTP",
        need,
        1,
        elements(f"374 ID 3/3 M {code}", f"1250 ID 2/3 M {formats}", "1251 AN 1/35 M"),
        date_at=(2, 3),
    )


def _prv(codes: str) -> SegmentRule:
    return SegmentRule(
        "PRV", S, 1, elements(f"1221 ID 1/3 M {codes}", "128 ID 2/3 R PXC", "127 AN 1/50 R"), taxonomy_at=3
    )


def _n3(need: Need = S) -> SegmentRule:
    return SegmentRule("N3", need, 1, elements("166 AN 1/55 M", "166 AN 1/55 S"))


def _n4(need: Need = S) -> SegmentRule:
    return SegmentRule(
        "N4",
        need,
        1,
        elements("19 AN 2/30 R", "156 ID 2/2 S", "116 ID 3/15 S", "26 ID 2/3 S", "-", "-", "1715 ID 1/3 S"),
    )


PER = SegmentRule(
    "PER",
    S,
    1,
    elements(
        "366 ID 2/2 M IC",
        "93 AN 1/60 S",
        "365 ID 2/2 S TE FX EM UR",
        "364 AN 1/256 S",
        "365 ID 2/2 S TE FX EM UR EX",
        "364 AN 1/256 S",
        "365 ID 2/2 S TE FX EM UR EX",
        "364 AN 1/256 S",
    ),
    pairs=((3, 4), (5, 6), (7, 8)),
)
DMG = SegmentRule("DMG", S, 1, elements("1250 ID 2/3 R D8", "1251 AN 1/35 R", "1068 ID 1/1 S F M U"), date_at=(1, 2))
INS_SUBSCRIBER = SegmentRule(
    "INS",
    S,
    1,
    elements("1073 ID 1/1 M Y", "1069 ID 2/2 M 18", "-", "-", "-", "-", "-", "584 ID 2/2 R AO AU DI PV RU"),
)
INS_DEPENDENT = SegmentRule(
    "INS",
    S,
    1,
    elements("1073 ID 1/1 M N", "1069 ID 2/2 M 01 19 G8", *["-"] * 14, "1470 N0 1/9 S"),
)

TRN = SegmentRule("TRN", S, 2, elements("481 ID 1/2 M 1", "127 AN 1/50 M", "509 AN 10/10 R", "127 AN 1/50 S"))


def _um(categories: str, purpose_need: str) -> SegmentRule:
    return SegmentRule(
        "UM",
        R if purpose_need == "R" else S,
        1,
        elements(
            f"1525 ID 1/2 M {categories}",
            f"1322 ID 1/1 {purpose_need} I R S 1 2 3 4 N",
            "1365 ID 1/2 S",
            composite("C023", "S", "1331 AN 1/2 M", "1332 ID 1/2 R A B"),
            composite(
                "C024",
                "S",
                "1362 ID 2/3 M AA AP EM",
                "1362 ID 2/3 S AA AP EM",
                "1362 ID 2/3 S AA AP EM",
                "156 ID 2/2 S",
                "26 ID 2/3 S",
            ),
            "1338 ID 1/3 S 03 E U",
            "1213 ID 1/1 S 1 2 3 4 5 6 7 8 9 E F G P",
            "923 ID 1/1 S 1 2 3 4 5 6 7 8",
            "1363 ID 1/1 S Y M",
            "1514 ID 1/2 S 1 2 3 4 7 8 10 11 15 16 17",
        ),
    )


def _diagnosis(need: str, codes: str) -> CompositeRule:
    return composite(
        "C022",
        need,
        f"1270 ID 1/3 M {codes}",
        "1271 AN 1/30 M",
        "1250 ID 2/3 S D8",
        "1251 AN 1/35 S",
        date_at=(3, 4),
        icd_at=(1, 2),
    )


HI = SegmentRule(
    "HI",
    S,
    1,
    elements(
        _diagnosis("M", "ABK BK ABJ BJ ABF BF APR PR DR"),
        _diagnosis("S", "ABJ BJ ABF BF APR PR DR"),
        *[_diagnosis("S", "ABF BF APR PR DR")] * 10,
    ),
)
HSD = SegmentRule(
    "HSD",
    S,
    1,
    elements(
        "673 ID 2/2 S VS DY HS MN FL",
        "380 R 1/15 S",
        "355 ID 2/2 S DA WK MO",
        "1167 R 1/6 S",
        "615 ID 1/2 S 7 35 34 21 6 26 27",
        "616 N0 1/3 S",
        "678 ID 1/2 S",
        "679 ID 1/1 S",
    ),
    pairs=((1, 2),),
    needs=((6, 5),),
)


def _crc(category: str) -> SegmentRule:
    return SegmentRule(
        "CRC",
        S,
        1,
        elements(f"1136 ID 2/2 M {category}", "1073 ID 1/1 M Y N", "1321 ID 2/3 M", *["1321 ID 2/3 S"] * 4),
    )


CL1 = SegmentRule("CL1", S, 1, elements("1315 ID 1/1 S", "1314 ID 1/1 S", "1352 ID 1/2 S"))
# The certification segments are read for shape only; the product composes none of them yet.
CERTIFICATIONS = tuple(
    SegmentRule(tag, S, 1, elements(*["X AN 1/80 S"] * count))
    for tag, count in (("CR1", 10), ("CR2", 12), ("CR5", 18), ("CR6", 21))
)
PWK = SegmentRule(
    "PWK",
    S,
    10,
    elements(
        "755 ID 2/2 M",
        "756 ID 1/2 R EL FX BM EM VO AA",
        "-",
        "-",
        "66 ID 1/2 S AC",
        "67 AN 2/80 S",
        "352 AN 1/80 S",
    ),
    pairs=((5, 6),),
)
MSG = SegmentRule("MSG", S, 1, elements("933 AN 1/264 M"))

MODIFIERS = ("1339 AN 2/2 S",) * 4


def _procedure(need: str, codes: str) -> CompositeRule:
    return composite(
        "C003",
        need,
        f"235 ID 2/2 M {codes}",
        "234 AN 1/48 M",
        *MODIFIERS,
        "352 AN 1/80 S",
        "234 AN 1/48 S",
        hcpcs_at=(1, 2),
    )


SV1 = SegmentRule(
    "SV1",
    S,
    1,
    elements(
        _procedure("M", "HC IV N4 WK"),
        "782 R 1/18 S",
        "355 ID 2/2 S UN MJ F2",
        "380 R 1/15 S",
        "-",
        "-",
        composite("C004", "S", "1328 N0 1/2 M", *["1328 N0 1/2 S"] * 3),
        "-",
        "-",
        "-",
        "1073 ID 1/1 S Y N",
        *["-"] * 8,
        "1337 ID 1/1 S",
    ),
    pairs=((3, 4),),
)
SV2 = SegmentRule(
    "SV2",
    S,
    1,
    elements(
        "234 AN 1/48 S",
        _procedure("S", "HC ID IV N4 WK ZZ"),
        "782 R 1/18 S",
        "355 ID 2/2 S UN DA F2",
        "380 R 1/15 S",
        "1371 R 1/10 S",
        "-",
        "-",
        "1345 ID 1/1 S",
        "1337 ID 1/1 S",
    ),
    pairs=((4, 5),),
    any_of=(1, 2),
)
SV3 = SegmentRule(
    "SV3",
    S,
    1,
    elements(
        _procedure("M", "AD"),
        "782 R 1/18 S",
        "-",
        composite("C006", "S", "1361 ID 1/3 M", *["1361 ID 1/3 S"] * 4),
        "1358 ID 1/1 S I R",
        "380 R 1/15 R",
    ),
)
TOO = SegmentRule(
    "TOO",
    S,
    32,
    elements("1270 ID 1/3 R JP", "1271 AN 1/30 R", composite("C005", "S", "1369 ID 1/2 M", *["1369 ID 1/2 S"] * 4)),
)
SERVICES = ("SV1", "SV2", "SV3")

PROVIDER_REFS = "0B 1G 1J EI N5 N7 SY ZH"
PROVIDER_IDS = "XX 24 34 46"

L2010A = LoopRule("2010A", R, 1, (_name("X3 PR 2B 36", "1 2", "PI XV 24 34 46", "R"),))
L2010B = LoopRule(
    "2010B",
    R,
    1,
    (
        _name("1P FA 2B 36 PR", "1 2", "XX 24 34 46 XV", "R"),
        _ref("1G 1J EI G5 N5 N7 SY ZH", 8),
        _n3(),
        _n4(),
        PER,
        _prv("AD AS AT CO CV OP OR OT PC PE RF"),
    ),
)
L2010C = LoopRule(
    "2010C",
    R,
    1,
    (
        _name("IL", "1", "MI II", "R"),
        _ref("1L 3L 6P DP EJ F6 HJ IG N6 NQ SY", 9),
        _n3(),
        _n4(),
        DMG,
        INS_SUBSCRIBER,
    ),
)
L2010D = LoopRule(
    "2010D",
    R,
    1,
    (
        SegmentRule("NM1", M, 1, elements("98 ID 2/3 M QC", "1065 ID 1/1 M 1", *PLAIN_NAME)),
        _ref("EJ SY", 3),
        _n3(),
        _n4(),
        DMG,
        INS_DEPENDENT,
    ),
)
L2010EA = LoopRule(
    "2010EA",
    S,
    14,
    (
        _name("71 72 73 77 AAJ DD DK DN FA G3 P3 QB QV SJ", "1 2", PROVIDER_IDS, "S"),
        _ref(PROVIDER_REFS, 7),
        _n3(),
        _n4(),
        PER,
        _prv("AD AS AT OP OR OT PC PE RF"),
    ),
)
L2010EB = LoopRule("2010EB", S, 5, (_name("PW 45 FS ND R3", "2", PROVIDER_IDS, "S"), _n3(R), _n4(R)))
L2010EC = LoopRule(
    "2010EC", S, 3, (_name("00 CA GG", "1 2", PROVIDER_IDS, "S"), _ref("ZZ", 1, R), _dtp("598", "D8", R))
)
L2010F = LoopRule(
    "2010F",
    S,
    10,
    (
        _name("1T 72 73 77 DD DK DQ FA G3 P3 QB QV SJ", "1 2", PROVIDER_IDS, "S"),
        _ref(PROVIDER_REFS, 8),
        _n3(),
        _n4(),
        PER,
        _prv("AS OP OR OT PC PE"),
    ),
)

EVENT = (
    _hl("EV", "734 AN 1/12 R"),
    TRN,
    _um("AR HS SC IN", "R"),
    _ref("BB", 1),
    _ref("NT", 1),
    _dtp("439", "D8"),
    _dtp("484", "D8"),
    _dtp("ABC", "D8"),
    _dtp("431", "D8"),
    _dtp("AAH", "D8 RD8"),
    _dtp("435", "D8 RD8"),
    _dtp("096", "D8"),
    HI,
    HSD,
    *(_crc(category) for category in ("07", "08", "09", "11", "75", "76", "77")),
    CL1,
    *CERTIFICATIONS,
    PWK,
    MSG,
)
SERVICE = (
    _hl("SS", "734 AN 1/12 R"),
    TRN,
    _um("HS SC", "S"),
    _ref("BB", 1),
    _ref("NT", 1),
    _dtp("472", "D8 RD8"),
    SV1,
    SV2,
    SV3,
    TOO,
    HSD,
    PWK,
    MSG,
)

# In the order in which they stand in a request; a service line ends it.
LEVELS = {
    rule.code: rule
    for rule in (
        LevelRule("20", (), LoopRule("2000A", R, 1, (_hl("20", "-"),), (L2010A,))),
        LevelRule("21", ("20",), LoopRule("2000B", R, 1, (_hl("21", "734 AN 1/12 R"),), (L2010B,))),
        LevelRule("22", ("21",), LoopRule("2000C", R, 1, (_hl("22", "734 AN 1/12 R"),), (L2010C,))),
        LevelRule("23", ("22",), LoopRule("2000D", S, 1, (_hl("23", "734 AN 1/12 R"),), (L2010D,))),
        LevelRule("EV", ("23", "22"), LoopRule("2000E", R, 1, EVENT, (L2010EA, L2010EB, L2010EC))),
        LevelRule("SS", ("EV",), LoopRule("2000F", S, 9999, SERVICE, (L2010F,))),
    )
}
LEVEL_ORDER = tuple(LEVELS)
REQUIRED_LEVELS = ("20", "21", "22", "EV")

GUIDE_TAGS = frozenset(
    rule.tag for level in LEVELS.values() for loop in (level.loop, *level.loop.entities) for rule in loop.segments
)
# Part of the 278 standard, but not of the request direction of the guide.
ELSEWHERE_IN_278 = frozenset({"AAA", "HCR", "CR4"})
