"""Workers that do the work of a run, case by case."""
