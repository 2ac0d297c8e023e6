"""The report on agreement between raters."""
