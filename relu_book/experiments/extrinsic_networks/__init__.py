"""What the chapter on extrinsic networks measures (thesis A.3)."""

from relu_book.experiments.extrinsic_networks import cantor, live, networks, rays, statements
from relu_book.experiments.extrinsic_networks.board_reading import board_reading
from relu_book.experiments.extrinsic_networks.deep_reading import deep_reading

__all__ = ["board_reading", "cantor", "deep_reading", "live", "networks", "rays", "statements"]
