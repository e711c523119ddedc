"""ActCooLR in trainings that a framework runs, one file a framework.

``lightning`` for PyTorch Lightning, ``transformers`` for the ``Trainer`` of Hugging Face, ``timm``
for its training script. Each is imported by its own name; none imports its framework, so that the
library needs none of them.
"""
