"""Run systems under seeds beside each other, have each judged, and say how far each is."""
