"""What the chapter on the evolution of patterns measures (thesis 3.1), one module a theme."""
