"""What the chapter on pruning measures (pruning paper)."""
