"""The tables of thesis 3.3.2 and of supplement G, as they are printed."""

from relu_book.actcoolr import PRESETS

NOT_PRINTED = float("nan")

# Epochs: error in per cent (table 3.1, ResNet-32 on CIFAR-10, T_start 3.17, gamma 1).
TABLE_3_1 = {
    10: 37.88, 30: 18.33, 50: 11.87, 70: 10.59, 90: 9.09, 110: 8.09,
    130: 7.50, 150: 7.28, 170: 7.18, 190: 7.15, 210: 6.41,
}  # fmt: skip

# Accuracies in per cent under StepDecay, OneCycle and ActCooLR (table 3.2).
TABLE_3_2 = {
    "F1, 15 epochs": (90.6, NOT_PRINTED, 89.8),
    "M5, 50 epochs": (86.0, 82.7, 85.7),
    "VGG-16, 50 epochs": (90.6, 90.3, 92.5),
    "VGG-16, 200 epochs": (91.3, 91.7, 93.0),
    "VGG-19, 50 epochs": (88.6, 90.2, 90.4),
    "PyramidNet-41, 20 epochs": (52.7, 54.7, 55.5),
    "ResNet-50, 20 epochs": (68.2, 72.4, 70.9),
}
SMALL = tuple(TABLE_3_2)[:2]
ABEL = 92.9  # VGG-16, 200 epochs; taken from other authors

# Errors in per cent of OneCycle and ActCooLR on CIFAR-10 (supplement G, table 2).
S_TABLE_2 = {
    "ResNet-18, 25 epochs": (7.53, 8.11),
    "PyramidNet-110, 25 epochs": (6.30, 6.19),
    "ResNet-18, 50 epochs": (6.70, 6.94),
    "PyramidNet-110, 50 epochs": (5.04, 6.17),
}

# Settings of supplement G, table 3, that are written down here and trained nowhere in this book.
S_TABLE_3 = {
    "S-tab-3.vgg16-actcoolr": {
        name: getattr(PRESETS["vgg16_cifar10_300"], name)
        for name in ("start_temperature", "gamma", "epochs")
    },
    "S-tab-3.resnet50-onecycle": {
        "first_rate": 0.5,
        "highest_rate": 1.0,
        "place": 0.1,
        "lowest_momentum": 0.765,
        "highest_momentum": 0.9,
        "weight_decay": 1e-5,
    },
    "S-tab-3.resnet50-actcoolr": {
        name: getattr(PRESETS["resnet50_imagenet_20"], name)
        for name in ("start_temperature", "gamma", "first_rate", "momentum", "weight_decay")
    },
}


def presets() -> dict[str, dict]:
    """S-tab-3: by claim, the values of its preset."""
    return {claim: {"preset": list(values.values())} for claim, values in S_TABLE_3.items()}


def quoted() -> dict:
    """tab-3.2.vgg16-200-abel: what stands here for ABEL."""
    return {"quoted": ABEL}
