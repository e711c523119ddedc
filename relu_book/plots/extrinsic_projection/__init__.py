"""The pictures of the chapter on extrinsic projections (thesis A.2).

``draw_...`` return the picture of one slider setting, for ``explore``. Each figure carries its alt
text and its caption.
"""

from relu_book.plots.extrinsic_projection.routes import draw_routes

__all__ = ["draw_routes"]
