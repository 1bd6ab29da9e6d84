"""`python -m textdiff_lite` is `textdiff`."""

from textdiff_lite.cli import main

main()
