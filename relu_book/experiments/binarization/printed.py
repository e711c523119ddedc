"""Tables 4.1 and 4.2 of the thesis as they are printed, and what follows from them by comparison.

Accuracies in per cent of ResNet-18 on ImageNet, where nothing else is said.
"""

# Samples: accuracy (table 4.1); float32 is 69.7.
FLOAT = 69.7
TABLE_4_1 = {64: 69.2, 32: 68.2, 16: 67.1, 8: 63.0, 4: 54.7}

# Method: bits of weights, bits of activations (None where none are printed), accuracy (table 4.1).
QUOTED = {
    "LSQ": (4, 4, 70.9),
    "DoReFa": (4, 4, 68.1),
    "INQ": (2, None, 66.6),
    "BWN": (1, None, 60.8),
    "XNOR-Net": (1, 1, 51.2),
    "ABC-Net (5, 5)": (5, 5, 65.0),
    "ABC-Net (1, 1)": (1, 1, 42.0),
}

# Experiment, precision: accuracy (table 4.2).
TABLE_4_2 = {
    ("baseline", "float32"): 69.7,
    ("baseline", "psb5"): 68.2,
    ("baseline", "psb4"): 67.1,
    ("baseline", "psb2"): 54.7,
    ("25 % pruned", "float32"): 69.0,
    ("25 % pruned", "psb4"): 65.8,
    ("50 % pruned", "float32"): 41.5,
    ("50 % pruned", "psb4"): 35.3,
    ("p in 4 bits", "psb4"): 66.7,
    ("p in 2 bits", "psb4"): 62.7,
    ("p in 1 bit", "psb4"): 31.3,
    ("random 37 %", "psb1/5"): 44.7,
    ("entropy", "psb1/5"): 57.1,
    ("random 76 %", "psb2/5"): 65.7,
    ("entropy and margin", "psb2/5"): 67.7,
    ("combined", "psb1/5"): 57.4,
    ("combined", "psb2/5"): 67.8,
}
ACCURACY = -1  # the last entry of a quoted row


def quoted() -> dict:
    """tab-4.1.cited: what stands here for the seven methods of other authors."""
    return {"quoted": [row[ACCURACY] for row in QUOTED.values()]}


def base_lines() -> dict:
    """tab-4.2.baseline: the four lines that both tables have."""
    return {
        "table_41": [FLOAT, TABLE_4_1[32], TABLE_4_1[16], TABLE_4_1[4]],
        "table_42": [
            TABLE_4_2["baseline", precision] for precision in ("float32", "psb5", "psb4", "psb2")
        ],
    }


def few_accumulations() -> dict:
    """txt-4.2.6.1: 16 samples beside the seven."""
    return {"sixteen": TABLE_4_1[16], **quoted()}
