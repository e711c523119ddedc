"""Skips change a training, and seeds fix it."""

from relu_book.experiments.tutorial.skip_connections import Settings, skip_connections
from relu_book.runs import Run


def test_skips_change_the_training_and_seeds_fix_it(tmp_path):
    def losses(folder, residual):
        settings = Settings(residual, 8, width=4, steps=2, dtype="float64", seeds=(0,))
        run = Run(tmp_path / folder, "smoke")
        return skip_connections(settings, 0, run)["loss"].values.tolist()

    plain = losses("plain", False)
    assert len(plain) == 2
    assert losses("again", False) == plain
    assert losses("residual", True) != plain
