"""What a collapsed block passes on, and dimensions of known points."""

import torch

from relu_book.experiments.tutorial import residual
from relu_book.parallel import columns


def test_affine_dimension_of_known_points():
    line = torch.outer(torch.arange(5.0), torch.tensor([1.0, 2.0, -1.0])).double()
    assert residual.affine_dimension(line) == 1
    assert residual.affine_dimension(line + 100) == 1
    assert residual.affine_dimension(torch.ones(4, 3).double() / 3) == 0
    assert residual.affine_dimension(torch.eye(4).double()) == 3


def test_a_collapsed_block_keeps_what_the_skip_carries():
    found = columns(residual.collapsed_block, range(16))
    assert found["ranks_in"].tolist() == found["ranks_out"].tolist() == [*range(1, 9)] * 2
    assert set(found["ranks_collapsed"]) == {0}
    assert max(found["deviation"]) < 1e-9
