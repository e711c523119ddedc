"""The scales of the chapter's trainings: what the smoke test shrinks, and what the sources have."""

from relu_book.training import steps_per_epoch

NETWORKS = ("toynet", "convnet", "resnet")
SMOKE = {"data": "digits", "size": 8, "width": 4, "dtype": "float64"}
PAPER = {
    "size": 32,
    "train_images": 50_000,
    "measured_images": 50_000,
    "batch_size": 128,
    "learning_rate": 0.1,
}
# What every training of the chapter chooses besides batches and rate, as a record's deviation.
UNNAMED = "momentum 0.9 and weight decay 1e-4, none of which the source names"
PAPER_STEPS = 200 * steps_per_epoch(50_000, 128)
# What the sources change for Tiny ImageNet: larger images and more of them, fewer epochs.
TINY_IMAGENET = {"size": 64, "train_images": 100_000, "measured_images": 100_000}
TINY_IMAGENET_STEPS = 80 * steps_per_epoch(100_000, 128)
