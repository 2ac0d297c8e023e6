"""Scripts that write documentation; not in the wheel."""
