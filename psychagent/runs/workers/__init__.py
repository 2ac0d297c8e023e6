"""Who does the work of a run, case by case."""
