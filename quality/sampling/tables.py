"""The master tables of ANSI/ASQ Z1.4, which are those of MIL-STD-105E (1989, public domain), in the form in which they are regular.

Sample sizes and AQLs both climb in steps of about the fifth root of ten, so that a cell's acceptance number depends on nothing but
the sum of its row and its column (its *diagonal*). One line for each severity thus holds a whole table; the few cells that break the
rule stand beside it. `tests/quality/test_sampling_plans.py` compares every cell of level II with an independent transcription.

Sources: lots to letters, table I; single plans, tables II-A (normal), II-B (tightened), II-C (reduced); double plans, tables III-A to
III-C; multiple plans, tables IV-A to IV-C. Double and multiple plans follow from the single plan's numbers alone: tables X of the
standard print them in one column. ISO 2859-1:1999 has another reduced table and other double plans; ours are those of Z1.4.
"""

from collections.abc import Sequence

Severity = str
"""One of `SEVERITIES`."""
Level = str
"""One of the keys of `CODE_LETTERS`."""
Numbers = tuple[int, int]
"""An acceptance and a rejection number."""
Sizes = dict[Severity, Sequence[int]]
"""Sample sizes from letter A on, by severity."""
Staged = tuple[tuple[int | None, int], ...]
"""Cumulative acceptance and rejection numbers, sample by sample; None where the sample is too small to accept by (# in print)."""

SEVERITIES = ("normal", "tightened", "reduced")
AQLS = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5",
    "4.0", "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650", "1000",
)  # fmt: skip
LETTERS = "ABCDEFGHJKLMNPQRS"  # S only in tightened inspection

LOT_SIZES = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
"""The largest lot of each band; the last band has no end."""
CODE_LETTERS: dict[Level, str] = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}

SINGLE_SIZES: Sizes = {
    "normal": (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000),
    "tightened": (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150),
    "reduced": (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800),
}
DOUBLE_SIZES: Sizes = {  # of each of the two samples; 0: the single plan is used
    "normal": (0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250),
    "tightened": (0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000),
    "reduced": (0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500),
}
MULTIPLE_SIZES: Sizes = {  # of each of the seven samples; 0: the double plan is used
    "normal": (0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500),
    "tightened": (0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800),
    "reduced": (0, 0, 0, 0, 0, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200),
}

UP, DOWN = "up", "down"
FIRST_DIAGONAL: dict[Severity, int] = {"normal": 14, "tightened": 15, "reduced": 14}
"""The diagonal (row plus column, both from 0) of the plans that accept with none; before it every cell points down."""
LAST_ROW_OF_ALL = LETTERS.index("E")
"""Up to this row the last two diagonals are plans; below it the large acceptance numbers are replaced by arrows up."""

_SINGLE = ((1, 2), (2, 3), (3, 4), (5, 6), (7, 8), (10, 11), (14, 15), (21, 22), (30, 31), (44, 45))
DIAGONALS: dict[Severity, tuple[Numbers | str, ...]] = {
    "normal": ((0, 1), UP, DOWN, *_SINGLE),
    "tightened": ((0, 1), DOWN, DOWN, *_SINGLE[:4], (8, 9), (12, 13), (18, 19), (27, 28), (41, 42)),
    "reduced": (
        (0, 1), UP, DOWN, (0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13), (14, 17), (21, 24),
    ),
}  # fmt: skip
# Samples of two pieces: what the three smallest reduced plans accept of many nonconformities is printed beside the rule.
_SMALLEST = {17: (1, 2), **dict(zip(range(18, 26), _SINGLE[1:9], strict=True))}
EXCEPTIONS: dict[Severity, dict[tuple[str, int], Numbers | str]] = {
    "normal": {},
    "tightened": {("A", 15): DOWN},
    "reduced": {
        **{("A", column): numbers for column, numbers in _SMALLEST.items()},
        **{("B", column): numbers for column, numbers in _SMALLEST.items()},
        ("B", 17): (1, 3),
        ("B", 18): (2, 4),
        ("B", 19): (3, 5),
    },
}

DOUBLE: dict[Numbers, Staged] = {
    (1, 2): ((0, 2), (1, 2)),
    (2, 3): ((0, 3), (3, 4)),
    (3, 4): ((1, 4), (4, 5)),
    (5, 6): ((2, 5), (6, 7)),
    (7, 8): ((3, 7), (8, 9)),
    (8, 9): ((3, 7), (11, 12)),
    (10, 11): ((5, 9), (12, 13)),
    (12, 13): ((6, 10), (15, 16)),
    (14, 15): ((7, 11), (18, 19)),
    (18, 19): ((9, 14), (23, 24)),
    (21, 22): ((11, 16), (26, 27)),
    (27, 28): ((15, 20), (34, 35)),
    (30, 31): ((17, 22), (37, 38)),
    (41, 42): ((23, 29), (52, 53)),
    (44, 45): ((25, 31), (56, 57)),
    # Reduced.
    (0, 2): ((0, 2), (0, 2)),
    (1, 3): ((0, 3), (0, 4)),
    (1, 4): ((0, 4), (1, 5)),
    (2, 5): ((0, 4), (3, 6)),
    (3, 6): ((1, 5), (4, 7)),
    (5, 8): ((2, 7), (6, 9)),
    (7, 10): ((3, 8), (8, 12)),
    (10, 13): ((5, 10), (12, 16)),
    (14, 17): ((7, 12), (18, 22)),
    (21, 24): ((11, 17), (26, 30)),
}


def _stages(accept: str, reject: str) -> Staged:
    numbers = [None if number == "#" else int(number) for number in accept.split()]
    return tuple(zip(numbers, map(int, reject.split()), strict=True))


MULTIPLE: dict[Numbers, Staged] = {
    (1, 2): _stages("# # 0 0 1 1 2", "2 2 2 3 3 3 3"),
    (2, 3): _stages("# 0 0 1 2 3 4", "2 3 3 4 4 5 5"),
    (3, 4): _stages("# 0 1 2 3 4 6", "3 3 4 5 6 6 7"),
    (5, 6): _stages("# 1 2 3 5 7 9", "4 5 6 7 8 9 10"),
    (7, 8): _stages("0 1 3 5 7 10 13", "4 6 8 10 11 12 14"),
    (8, 9): _stages("0 2 4 6 9 12 14", "4 7 9 11 12 14 15"),
    (10, 11): _stages("0 3 6 8 11 14 18", "5 8 10 13 15 17 19"),
    (12, 13): _stages("0 3 7 10 14 18 21", "6 9 12 15 17 20 22"),
    (14, 15): _stages("1 4 8 12 17 21 25", "7 10 13 17 20 23 26"),
    (18, 19): _stages("1 6 11 16 22 27 32", "8 12 17 22 25 29 33"),
    (21, 22): _stages("2 7 13 19 25 31 37", "9 14 19 25 29 33 38"),
    (27, 28): _stages("3 10 17 24 32 40 48", "10 17 24 31 37 43 49"),
    (30, 31): _stages("4 11 19 27 36 45 53", "12 19 27 34 40 47 54"),
    (41, 42): _stages("6 16 26 37 49 61 72", "15 25 36 46 55 64 73"),
    (44, 45): _stages("6 17 29 40 53 65 77", "16 27 39 49 58 68 78"),
    # Reduced.
    (0, 2): _stages("# # 0 0 0 0 1", "2 2 2 3 3 3 3"),
    (1, 3): _stages("# # 0 0 0 1 1", "2 3 3 4 4 5 5"),
    (1, 4): _stages("# # 0 0 1 1 2", "3 3 4 5 6 6 7"),
    (2, 5): _stages("# 0 0 1 2 3 4", "3 4 5 6 7 7 8"),
    (3, 6): _stages("# 0 1 2 3 4 6", "4 5 6 7 8 9 10"),
    (5, 8): _stages("# 1 2 3 5 7 9", "4 6 8 10 11 12 14"),
    (7, 10): _stages("0 1 3 5 7 10 13", "5 7 9 12 13 15 17"),
    (10, 13): _stages("0 3 6 8 11 14 18", "6 9 12 15 17 20 22"),
}
